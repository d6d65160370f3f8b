import type { ScheduleSummary } from '@backstay/shared';
import { absoluteTime } from '../lib/format.ts';
import { jobStateText } from './state-label.tsx';

type Jobs = ScheduleSummary['lastJobs'];

function summary(jobs: Jobs): string {
  const failed = jobs.filter(({ state }) => state === 'failed').length;
  const last = jobs.at(-1);
  if (last === undefined) return 'No jobs yet';
  return `Last ${jobs.length} jobs: ${failed} failed; the newest: ${jobStateText(last.state).toLowerCase()}`;
}

/** The last jobs as ten small bars, oldest at the left. Shape and colour both tell the state. */
export function JobStrip({ jobs }: { jobs: Jobs }) {
  const missing = Array.from({ length: Math.max(0, 10 - jobs.length) }, (_, index) => `none-${index}`);
  return (
    <span className="bs-strip" role="img" aria-label={summary(jobs)}>
      {missing.map((key) => (
        <span key={key} className="bs-strip__bar" />
      ))}
      {jobs.map((job) => (
        <span
          key={job.name}
          className={`bs-strip__bar bs-strip__bar--${job.state}`}
          title={`${job.operation === 'restore' ? 'Restore' : 'Backup'} ${jobStateText(job.state).toLowerCase()}, ${absoluteTime(job.at)}`}
        />
      ))}
    </span>
  );
}
