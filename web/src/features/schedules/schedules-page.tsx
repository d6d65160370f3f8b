import { PageSection } from '@patternfly/react-core';
import CalendarAltIcon from '@patternfly/react-icons/dist/esm/icons/calendar-alt-icon';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { schedulesQuery } from '../../lib/queries/schedules.ts';
import { LinkButton } from '../../ui/links.tsx';
import { PageHeader } from '../../ui/page-header.tsx';
import { Nothing, QueryView } from '../../ui/states.tsx';
import { arrange, formatSort, parseSort } from './list-order.ts';
import { ScheduleFilters, type ScheduleSearch } from './schedule-filters.tsx';
import { ScheduleTable } from './schedule-table.tsx';

const page = getRouteApi('/shell/schedules');

export function SchedulesPage() {
  const schedules = useQuery(schedulesQuery());
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const change = (next: Partial<ScheduleSearch>) =>
    void navigate({ search: (before) => ({ ...before, ...next }), replace: true });
  const order = parseSort(search.sort);
  const items = schedules.data?.items;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the order is made of search.sort.
  const shown = useMemo(() => arrange(items ?? [], search, order), [items, search]);
  return (
    <>
      <PageHeader
        title="Schedules"
        subtitle="What is backed up, how often, and whether it could be restored today."
        actions={<LinkButton to="/schedules/new">Create schedule</LinkButton>}
      />
      <PageSection hasBodyWrapper={false} className="bs-page">
        <QueryView query={schedules}>
          {(data) =>
            data.items.length === 0 ? (
              <Nothing
                title="No schedules yet"
                icon={CalendarAltIcon}
                actions={<LinkButton to="/schedules/new">Create schedule</LinkButton>}
              >
                A schedule says what to back up, how often, and where to keep it.
              </Nothing>
            ) : (
              <>
                <ScheduleFilters search={search} schedules={data.items} shown={shown.length} onChange={change} />
                {shown.length === 0 ? (
                  <Nothing title="No schedule matches">Change or clear the filters above.</Nothing>
                ) : (
                  <ScheduleTable
                    schedules={shown}
                    order={order}
                    onSort={(next) => change({ sort: formatSort(next) })}
                  />
                )}
              </>
            )
          }
        </QueryView>
      </PageSection>
    </>
  );
}
