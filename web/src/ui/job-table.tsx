import type { JobSummary } from '@backstay/shared';
import { Button } from '@patternfly/react-core';
import ListIcon from '@patternfly/react-icons/dist/esm/icons/list-icon';
import { Table, Th, Thead, Tr } from '@patternfly/react-table';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { formatBytes, formatCount, formatDuration, secondsBetween } from '../lib/format.ts';
import { useNow } from '../lib/now.ts';
import { type JobFilter, jobsQuery } from '../lib/queries/jobs.ts';
import { Ago } from './ago.tsx';
import { Cell } from './cell.tsx';
import { JobStateLabel } from './state-label.tsx';
import { Nothing, QueryView } from './states.tsx';
import { VirtualRows } from './virtual-rows.tsx';

export function JobDuration({ job }: { job: JobSummary }) {
  const now = useNow();
  if (job.startedAt === undefined) return <span className="bs-subtle">-</span>;
  return <span className="bs-nowrap">{formatDuration(secondsBetween(job.startedAt, job.finishedAt ?? now))}</span>;
}

interface Props {
  filter: JobFilter;
  label: string;
  /** What to say when there are none. */
  nothing?: string;
}

/** Newest first; the next page is read on demand. */
export function JobTable({
  filter,
  label,
  nothing = 'A job appears here as soon as a backup or a restore starts.',
}: Props) {
  const jobs = useInfiniteQuery(jobsQuery(filter));
  return (
    <QueryView query={jobs}>
      {({ pages }) => {
        const rows = pages.flatMap((page) => page.items);
        if (rows.length === 0) {
          return (
            <Nothing title="No jobs" icon={ListIcon}>
              {nothing}
            </Nothing>
          );
        }
        const total = pages.at(-1)?.total ?? rows.length;
        return (
          <>
            <Rows rows={rows} label={label} withSchedule={filter.schedule === undefined} />
            <div className="bs-more">
              <span className="bs-subtle">
                {rows.length < total ? `${rows.length} of ${formatCount(total, 'job')}` : formatCount(total, 'job')}
              </span>
              {jobs.hasNextPage ? (
                <Button
                  variant="secondary"
                  onClick={() => void jobs.fetchNextPage()}
                  isLoading={jobs.isFetchingNextPage}
                  isDisabled={jobs.isFetchingNextPage}
                >
                  Show older jobs
                </Button>
              ) : null}
            </div>
          </>
        );
      }}
    </QueryView>
  );
}

function Rows({ rows, label, withSchedule }: { rows: readonly JobSummary[]; label: string; withSchedule: boolean }) {
  return (
    <Table aria-label={label} variant="compact" gridBreakPoint="grid-lg" isStickyHeader className="bs-table">
      <Thead>
        <Tr>
          <Th>Job</Th>
          <Th>State</Th>
          {withSchedule ? <Th>Schedule</Th> : null}
          <Th>Started</Th>
          <Th>Took</Th>
          <Th>Size</Th>
          <Th>Asked for by</Th>
        </Tr>
      </Thead>
      <VirtualRows
        rows={rows}
        columns={withSchedule ? 7 : 6}
        estimate={57}
        keyOf={({ id }) => id}
        render={(job, place) => (
          <Tr {...place}>
            <Cell label="Job" breaks>
              <Link
                to="/jobs/$namespace/$name"
                params={{ namespace: job.namespace, name: job.name }}
                className="bs-strong"
              >
                {job.operation === 'restore' ? 'Restore' : 'Backup'}
                {job.version === undefined ? '' : ` ${job.version}`}
              </Link>
              <div className="bs-subtle bs-small">{job.name}</div>
            </Cell>
            <Cell label="State" className="bs-reason-cell">
              <JobStateLabel state={job.state} />
              {job.reason === undefined ? null : <div className="bs-small bs-reason">{job.reason}</div>}
            </Cell>
            {withSchedule ? (
              <Cell label="Schedule" breaks>
                <Link to="/schedules/$namespace/$name" params={{ namespace: job.namespace, name: job.schedule }}>
                  {job.schedule}
                </Link>
                <div className="bs-subtle bs-small">{job.namespace}</div>
              </Cell>
            ) : null}
            <Cell label="Started">
              <Ago at={job.startedAt ?? job.createdAt} />
            </Cell>
            <Cell label="Took">
              <JobDuration job={job} />
            </Cell>
            <Cell label="Size" className="bs-nowrap">
              {job.sizeBytes === undefined ? <span className="bs-subtle">-</span> : formatBytes(job.sizeBytes)}
            </Cell>
            <Cell label="Asked for by" breaks>
              {job.requestedBy ?? (job.action === undefined ? 'The schedule' : 'Somebody with kubectl')}
            </Cell>
          </Tr>
        )}
      />
    </Table>
  );
}
