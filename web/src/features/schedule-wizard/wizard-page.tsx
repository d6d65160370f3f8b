import { PageSection } from '@patternfly/react-core';
import { useQueries } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { collectionsQuery } from '../../lib/queries/backups.ts';
import { namespacesQuery, proceduresQuery } from '../../lib/queries/cluster.ts';
import { schedulesQuery } from '../../lib/queries/schedules.ts';
import { useSession } from '../../lib/session.ts';
import { PageHeader } from '../../ui/page-header.tsx';
import { Failure, Loading } from '../../ui/states.tsx';
import { ScheduleWizard } from './schedule-wizard.tsx';

const page = getRouteApi('/shell/schedules/new');

export function WizardPage() {
  const { procedure: startedWith = '' } = page.useSearch();
  const session = useSession();
  const [procedures, namespaces, collections, schedules] = useQueries({
    queries: [proceduresQuery(), namespacesQuery(), collectionsQuery(), schedulesQuery()],
  });
  const broken = [procedures, namespaces].find(({ error, data }) => error !== null && data === undefined);
  const ready =
    procedures.data !== undefined && namespaces.data !== undefined && !collections.isPending && !schedules.isPending;
  return (
    <>
      <PageHeader title="Create schedule" />
      <PageSection hasBodyWrapper={false} type="wizard" className="bs-wizard-page" aria-label="Create schedule">
        {broken === undefined ? null : <Failure error={broken.error} retry={() => void broken.refetch()} />}
        {broken === undefined && !ready ? <Loading /> : null}
        {ready ? (
          <ScheduleWizard
            procedures={procedures.data.items}
            namespaces={namespaces.data.items}
            collections={collections.data?.items ?? []}
            schedules={schedules.data?.items ?? []}
            session={session}
            startedWith={startedWith}
          />
        ) : null}
      </PageSection>
    </>
  );
}
