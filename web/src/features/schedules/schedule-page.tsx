import type { ScheduleDetail } from '@backstay/shared';
import { BreadcrumbItem, Button, PageSection, Tab, Tabs, TabTitleText } from '@patternfly/react-core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { scheduleQuery } from '../../lib/queries/schedules.ts';
import { EventsTable } from '../../ui/events-table.tsx';
import { JobTable } from '../../ui/job-table.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { RowActions } from '../../ui/row-actions.tsx';
import { ScheduleStateLabel } from '../../ui/state-label.tsx';
import { QueryView } from '../../ui/states.tsx';
import { VersionTable } from '../../ui/version-table.tsx';
import { YamlView } from '../../ui/yaml-view.tsx';
import { ScheduleOverview } from './schedule-overview.tsx';
import { useScheduleActions } from './use-schedule-actions.tsx';

const page = getRouteApi('/shell/schedules/$namespace/$name');

export function SchedulePage() {
  const { namespace, name } = page.useParams();
  const schedule = useQuery(scheduleQuery(namespace, name));
  return (
    <>
      <Header namespace={namespace} name={name} schedule={schedule.data} />
      <PageSection hasBodyWrapper={false} className="bs-page">
        <QueryView query={schedule}>{(data) => <ScheduleTabs schedule={data} />}</QueryView>
      </PageSection>
    </>
  );
}

interface HeaderProps {
  namespace: string;
  name: string;
  schedule: ScheduleDetail | undefined;
}

function Header({ namespace, name, schedule }: HeaderProps) {
  const navigate = useNavigate();
  const actions = useScheduleActions({ onDeleted: () => void navigate({ to: '/schedules' }) });
  const [first, ...rest] = schedule === undefined ? [] : actions.menuOf(schedule);
  return (
    <>
      <PageHeader
        title={name}
        crumbs={
          <>
            <BreadcrumbItem
              render={({ className }) => (
                <Link to="/schedules" className={className}>
                  Schedules
                </Link>
              )}
            />
            <BreadcrumbItem isActive>{namespace}</BreadcrumbItem>
          </>
        }
        badge={schedule === undefined ? null : <ScheduleStateLabel state={schedule.state} reasons={schedule.reasons} />}
        subtitle={
          schedule === undefined ? null : `${schedule.procedure.title}, kept in the collection ${schedule.collection}`
        }
        actions={
          schedule === undefined ? null : (
            <>
              <Button onClick={first?.onSelect} isLoading={actions.running} isDisabled={actions.running}>
                Run now
              </Button>
              <Button
                variant="secondary"
                onClick={() => actions.restore(schedule)}
                isAriaDisabled={schedule.newestVersion === undefined}
                title={schedule.newestVersion === undefined ? 'There is no backup yet' : undefined}
              >
                Restore
              </Button>
              <RowActions
                label={`More actions for ${name}`}
                actions={() => rest.filter(({ label }) => label !== 'Restore')}
              />
            </>
          )
        }
      />
      {actions.dialog}
    </>
  );
}

const tabs = ['overview', 'jobs', 'backups', 'manifest', 'events'] as const;
type TabName = (typeof tabs)[number];
const titles: Record<TabName, string> = {
  overview: 'Overview',
  jobs: 'Jobs',
  backups: 'Backups',
  manifest: 'Manifest',
  events: 'Events',
};

function ScheduleTabs({ schedule }: { schedule: ScheduleDetail }) {
  const { tab = 'overview' } = page.useSearch();
  const navigate = page.useNavigate();
  const { namespace, name } = schedule;
  const contents: Record<TabName, () => React.ReactNode> = {
    overview: () => <ScheduleOverview schedule={schedule} />,
    jobs: () => <JobTable filter={{ namespace, schedule: name }} label={`Jobs of ${name}`} />,
    backups: () => <VersionTable collection={schedule.collection} schedule={{ namespace, name }} />,
    manifest: () => <YamlView yaml={schedule.manifest} fileName={`${name}.yaml`} label={`Manifest of ${name}`} />,
    events: () => <EventsTable events={schedule.events} />,
  };
  return (
    <Tabs
      activeKey={tab}
      onSelect={(_, key) => void navigate({ search: { tab: tabs.find((each) => each === key) }, replace: true })}
      aria-label="Schedule"
      mountOnEnter
      unmountOnExit
    >
      {tabs.map((each) => (
        <Tab key={each} eventKey={each} title={<TabTitleText>{titles[each]}</TabTitleText>}>
          <div className="bs-tab">{each === tab ? contents[each]() : null}</div>
        </Tab>
      ))}
    </Tabs>
  );
}
