import { Card, CardBody, CardFooter, CardTitle, Content, ExpandableSection, Title } from '@patternfly/react-core';
import { useSession } from '../../lib/session.ts';
import { LinkButton } from '../../ui/links.tsx';

interface Way {
  title: string;
  text: string;
  procedure: string;
  primary: boolean;
}

const ways = (local: boolean): Way[] => [
  {
    title: local ? 'Protect a folder on this machine' : 'Protect files',
    text: local
      ? 'Choose a folder and a time. Its files are packed, encrypted and stored; names, modes, links and times come back as they were.'
      : 'Choose a path that the backup Pod can see. Its files are packed, encrypted and stored.',
    procedure: 'files',
    primary: true,
  },
  {
    title: 'Protect a database',
    text: 'Give the host, the database and an account that may read it. The dump is encrypted before it leaves the Pod.',
    procedure: 'database',
    primary: false,
  },
];

/** An empty console: two ways on that work at once, and an explanation of the third. */
export function FirstRun() {
  const { cluster } = useSession();
  return (
    <div className="bs-stack bs-first-run">
      <div>
        <Title headingLevel="h2" size="xl">
          Nothing is protected yet
        </Title>
        <Content component="p" className="bs-subtle">
          A schedule takes about a minute to make. You see everything that it will create before anything is changed.
        </Content>
      </div>
      <div className="bs-ways">
        {ways(cluster.mode === 'local').map((way) => (
          <Card key={way.procedure}>
            <CardTitle component="h3">{way.title}</CardTitle>
            <CardBody>{way.text}</CardBody>
            <CardFooter>
              <LinkButton
                to="/schedules/new"
                search={{ procedure: way.procedure }}
                variant={way.primary ? 'primary' : 'secondary'}
              >
                {way.title}
              </LinkButton>
            </CardFooter>
          </Card>
        ))}
      </div>
      {cluster.mode === 'local' ? (
        <ExpandableSection toggleText="Do you want to protect a Kubernetes cluster?">
          <Content>
            <p>
              This Backstay works on this machine. To protect a cluster, start the same console against it:{' '}
              <code>npm run -s backstay -- console --help</code> lists what it needs. It then acts with your own rights
              in that cluster, and shows its schedules here.
            </p>
          </Content>
        </ExpandableSection>
      ) : null}
    </div>
  );
}
