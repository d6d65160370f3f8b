import {
  Card,
  CardBody,
  CardTitle,
  DescriptionList,
  DescriptionListDescription,
  DescriptionListGroup,
  DescriptionListTerm,
  PageSection,
  Radio,
} from '@patternfly/react-core';
import { useSession } from '../../lib/session.ts';
import { chooseTheme, type Theme, useTheme } from '../../lib/theme.ts';
import { PageHeader } from '../../ui/page-header.tsx';

const themes: { theme: Theme; label: string }[] = [
  { theme: 'system', label: 'As the operating system' },
  { theme: 'light', label: 'Light' },
  { theme: 'dark', label: 'Dark' },
];

function facts({ user, cluster, version }: ReturnType<typeof useSession>): [string, string][] {
  return [
    ['Cluster', cluster.mode === 'local' ? 'This machine' : cluster.name],
    ['Kubernetes', cluster.version],
    [
      'Custom resources',
      cluster.resourcesInstalled ? 'Installed' : 'Not installed: start the controller, which installs them',
    ],
    ['Signed in as', user.name],
    ['Groups', user.groups.join(', ') || 'None'],
    ['Backstay', version],
  ];
}

export function SettingsPage() {
  const session = useSession();
  const chosen = useTheme();
  return (
    <>
      <PageHeader title="Settings" />
      <PageSection hasBodyWrapper={false} className="bs-page">
        <div className="bs-columns">
          <Card isCompact>
            <CardTitle component="h2">Appearance</CardTitle>
            <CardBody>
              <fieldset className="bs-fieldset">
                <legend className="bs-subtle">Colours</legend>
                {themes.map(({ theme, label }) => (
                  <Radio
                    key={theme}
                    id={`theme-${theme}`}
                    name="theme"
                    label={label}
                    isChecked={chosen === theme}
                    onChange={() => chooseTheme(theme)}
                  />
                ))}
              </fieldset>
            </CardBody>
          </Card>
          <Card isCompact>
            <CardTitle component="h2">This console</CardTitle>
            <CardBody>
              <DescriptionList isHorizontal isCompact className="bs-list">
                {facts(session).map(([term, text]) => (
                  <DescriptionListGroup key={term}>
                    <DescriptionListTerm>{term}</DescriptionListTerm>
                    <DescriptionListDescription>{text}</DescriptionListDescription>
                  </DescriptionListGroup>
                ))}
              </DescriptionList>
            </CardBody>
          </Card>
        </div>
      </PageSection>
    </>
  );
}
