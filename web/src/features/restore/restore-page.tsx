import { PageSection } from '@patternfly/react-core';
import HistoryIcon from '@patternfly/react-icons/dist/esm/icons/history-icon';
import { useQueries } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { proceduresQuery } from '../../lib/queries/cluster.ts';
import { schedulesQuery } from '../../lib/queries/schedules.ts';
import { LinkButton } from '../../ui/links.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { Failure, Loading, Nothing } from '../../ui/states.tsx';
import { RestoreWizard } from './restore-wizard.tsx';

const page = getRouteApi('/shell/restore');

export function RestorePage() {
  const search = page.useSearch();
  const [schedules, procedures] = useQueries({ queries: [schedulesQuery(), proceduresQuery()] });
  const broken = [schedules, procedures].find(({ error, data }) => error !== null && data === undefined);
  const ready = schedules.data !== undefined && procedures.data !== undefined;
  return (
    <>
      <PageHeader title="Restore" />
      <PageSection hasBodyWrapper={false} type="wizard" className="bs-wizard-page" aria-label="Restore">
        {broken === undefined ? null : <Failure error={broken.error} retry={() => void broken.refetch()} />}
        {broken === undefined && !ready ? <Loading /> : null}
        {ready && schedules.data.items.length === 0 ? (
          <Nothing
            title="There is nothing to restore yet"
            icon={HistoryIcon}
            actions={<LinkButton to="/schedules/new">Create schedule</LinkButton>}
          >
            A restore starts from a backup, and a backup from a schedule.
          </Nothing>
        ) : null}
        {ready && schedules.data.items.length > 0 ? (
          <RestoreWizard
            key={`${search.namespace}/${search.schedule}/${search.version}`}
            schedules={schedules.data.items}
            procedures={procedures.data.items}
            start={search}
          />
        ) : null}
      </PageSection>
    </>
  );
}
