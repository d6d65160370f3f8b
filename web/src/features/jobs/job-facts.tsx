import type { JobDetail } from '@backstay/shared';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { formatBytes } from '../../lib/format.ts';
import { Ago } from '../../ui/ago.tsx';
import { JobDuration } from '../../ui/job-table.tsx';

function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div>
      <dt className="bs-subtle bs-small">{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function JobFacts({ job }: { job: JobDetail }) {
  return (
    <dl className="bs-fact-row">
      <Fact term="Schedule">
        <Link to="/schedules/$namespace/$name" params={{ namespace: job.namespace, name: job.schedule }}>
          {job.schedule}
        </Link>
      </Fact>
      <Fact term="Started">{job.startedAt === undefined ? 'Not yet' : <Ago at={job.startedAt} />}</Fact>
      <Fact term={job.finishedAt === undefined ? 'Running for' : 'Took'}>
        <JobDuration job={job} />
      </Fact>
      {job.version === undefined ? null : <Fact term="Backup">Number {job.version}</Fact>}
      {job.sizeBytes === undefined ? null : <Fact term="Stored size">{formatBytes(job.sizeBytes)}</Fact>}
      <Fact term="Asked for by">
        {job.requestedBy ?? (job.action === undefined ? 'The schedule' : 'Somebody with kubectl')}
      </Fact>
      <Fact term="In the cluster">{job.archived ? 'No longer: this is the record' : 'Yes'}</Fact>
    </dl>
  );
}
