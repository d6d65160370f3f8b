import type { ScheduleSummary } from '@backstay/shared';
import { Table, Th, Thead, type ThProps, Tr } from '@patternfly/react-table';
import { Link } from '@tanstack/react-router';
import { cronWords } from '../../lib/cron-words.ts';
import { formatBytes } from '../../lib/format.ts';
import { Ago } from '../../ui/ago.tsx';
import { Cell } from '../../ui/cell.tsx';
import { JobStrip } from '../../ui/job-strip.tsx';
import { RowActions } from '../../ui/row-actions.tsx';
import { ScheduleStateLabel } from '../../ui/state-label.tsx';
import { VirtualRows } from '../../ui/virtual-rows.tsx';
import { type SortColumn, type SortOrder, sortableColumns } from './list-order.ts';
import { useScheduleActions } from './use-schedule-actions.tsx';

interface Props {
  schedules: readonly ScheduleSummary[];
  order: SortOrder;
  onSort: (order: SortOrder) => void;
}

const columns = 8;

function sortOf(column: SortColumn, order: SortOrder, onSort: Props['onSort']): ThProps['sort'] {
  const here = order.column === column;
  return {
    columnIndex: sortableColumns.indexOf(column),
    sortBy: { index: sortableColumns.indexOf(order.column), direction: order.descending ? 'desc' : 'asc' },
    onSort: () => onSort({ column, descending: here && !order.descending }),
  };
}

export function When({ schedule }: { schedule: Pick<ScheduleSummary, 'cron' | 'timeZone' | 'paused'> }) {
  if (schedule.cron === undefined) return <span className="bs-subtle">Only by hand</span>;
  return (
    <>
      {cronWords(schedule.cron)}
      <div className="bs-subtle bs-small">{schedule.timeZone}</div>
    </>
  );
}

export function ScheduleTable({ schedules, order, onSort }: Props) {
  const actions = useScheduleActions();
  const sort = (column: SortColumn) => ({ sort: sortOf(column, order, onSort) });
  return (
    <>
      <Table aria-label="Schedules" variant="compact" gridBreakPoint="grid-lg" isStickyHeader className="bs-table">
        <Thead>
          <Tr>
            <Th {...sort('name')} width={20}>
              Name
            </Th>
            <Th {...sort('state')} modifier="nowrap">
              State
            </Th>
            <Th {...sort('procedure')} modifier="nowrap">
              Protects
            </Th>
            <Th width={20}>When</Th>
            <Th {...sort('nextRun')} modifier="nowrap">
              Next run
            </Th>
            <Th>Last jobs</Th>
            <Th {...sort('newest')} modifier="nowrap">
              Newest backup
            </Th>
            <Th screenReaderText="Actions" />
          </Tr>
        </Thead>
        <VirtualRows
          rows={schedules}
          columns={columns}
          estimate={57}
          keyOf={({ id }) => id}
          render={(schedule, place) => (
            <Tr {...place}>
              <Cell label="Name" breaks>
                <Link
                  to="/schedules/$namespace/$name"
                  params={{ namespace: schedule.namespace, name: schedule.name }}
                  className="bs-strong"
                >
                  {schedule.name}
                </Link>
                <div className="bs-subtle bs-small">{schedule.namespace}</div>
              </Cell>
              <Cell label="State">
                <ScheduleStateLabel state={schedule.state} reasons={schedule.reasons} />
              </Cell>
              <Cell label="Protects">{schedule.procedure.title}</Cell>
              <Cell label="When">
                <When schedule={schedule} />
              </Cell>
              <Cell label="Next run">
                {schedule.nextRun === undefined ? (
                  <span className="bs-subtle">{schedule.paused ? 'Paused' : 'None'}</span>
                ) : (
                  <Ago at={schedule.nextRun} timeZone={schedule.timeZone} />
                )}
              </Cell>
              <Cell label="Last jobs">
                <JobStrip jobs={schedule.lastJobs} />
              </Cell>
              <Cell label="Newest backup">
                <Newest schedule={schedule} />
              </Cell>
              <Cell action>
                <RowActions label={`Actions for ${schedule.name}`} actions={() => actions.menuOf(schedule)} />
              </Cell>
            </Tr>
          )}
        />
      </Table>
      {actions.dialog}
    </>
  );
}

function Newest({ schedule }: { schedule: ScheduleSummary }) {
  const newest = schedule.newestVersion;
  if (newest === undefined) return <span className="bs-subtle">None</span>;
  return (
    <>
      <Ago at={newest.createdAt} />
      <div className="bs-subtle bs-small">{formatBytes(newest.sizeBytes)}</div>
    </>
  );
}
