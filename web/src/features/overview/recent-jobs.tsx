import type { JobSummary } from '@backstay/shared';
import { Card, CardBody, CardTitle } from '@patternfly/react-core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { jobsQuery } from '../../lib/queries/jobs.ts';
import { Ago } from '../../ui/ago.tsx';
import { JobStateLabel } from '../../ui/state-label.tsx';
import { QueryView } from '../../ui/states.tsx';

const shown = 5;

function JobLine({ job, extra }: { job: JobSummary; extra?: ReactNode }) {
  return (
    <li>
      <span className="bs-rows__main">
        <Link to="/jobs/$namespace/$name" params={{ namespace: job.namespace, name: job.name }}>
          {job.operation === 'restore' ? 'Restore' : 'Backup'} of {job.schedule}
        </Link>
        {extra}
      </span>
      <Ago at={job.finishedAt ?? job.startedAt ?? job.createdAt} />
    </li>
  );
}

export function RecentFailures() {
  const failed = useInfiniteQuery(jobsQuery({ state: 'failed' }));
  return (
    <Card isCompact>
      <CardTitle component="h2">Recent failures</CardTitle>
      <CardBody>
        <QueryView query={failed}>
          {({ pages }) => {
            const items = pages[0]?.items ?? [];
            if (items.length === 0) return <p className="bs-subtle">No job on record has failed.</p>;
            return (
              <>
                <ul className="bs-rows">
                  {items.slice(0, shown).map((job) => (
                    <JobLine
                      key={job.id}
                      job={job}
                      extra={<span className="bs-rows__reason">{job.reason ?? 'The reason is not known.'}</span>}
                    />
                  ))}
                </ul>
                <p className="bs-small">
                  <Link to="/jobs" search={{ state: 'failed' }}>
                    All failed jobs ({pages[0]?.total ?? 0})
                  </Link>
                </p>
              </>
            );
          }}
        </QueryView>
      </CardBody>
    </Card>
  );
}

/** Only there while something runs. */
export function RunningJobs() {
  const running = useInfiniteQuery(jobsQuery({ state: 'running' }));
  const items = running.data?.pages[0]?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Card isCompact>
      <CardTitle component="h2">Running now</CardTitle>
      <CardBody>
        <ul className="bs-rows">
          {items.slice(0, shown).map((job) => (
            <JobLine key={job.id} job={job} extra={<JobStateLabel state={job.state} />} />
          ))}
        </ul>
      </CardBody>
    </Card>
  );
}
