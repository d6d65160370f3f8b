import type { JobSummary, Version } from '@backstay/shared';
import { absoluteTime, relativeTime } from '../../lib/format.ts';

interface Props {
  versions: readonly Version[];
  failures: readonly JobSummary[];
  chosen: number;
  now: number;
}

/** More than this would only be a smear. */
const shownAtMost = 200;

/** Backups and failed jobs along time, up to now; what would be lost is the stretch after the chosen one. */
export function Timeline({ versions, failures, chosen, now }: Props) {
  const shown = versions.slice(0, shownAtMost);
  const times = shown.map(({ createdAt }) => Date.parse(createdAt));
  const start = Math.min(...times, now - 60_000);
  const span = (now - start) * 1.04;
  const at = (time: number) => `${2 + ((time - start) / span) * 96}%`;
  const chosenAt = Date.parse(shown.find(({ number }) => number === chosen)?.createdAt ?? new Date(now).toISOString());
  const failed = failures.filter(({ createdAt }) => Date.parse(createdAt) >= start);
  return (
    <figure className="bs-timeline">
      <div className="bs-timeline__track" aria-hidden="true">
        <span className="bs-timeline__lost" style={{ left: at(chosenAt), right: `calc(100% - ${at(now)})` }} />
        {failed.map((job) => (
          <span
            key={job.id}
            className="bs-timeline__mark bs-timeline__mark--failed"
            style={{ left: at(Date.parse(job.createdAt)) }}
            title={`Failed: ${absoluteTime(job.createdAt)}`}
          />
        ))}
        {shown.map(({ number, createdAt }) => (
          <span
            key={number}
            className={`bs-timeline__mark${number === chosen ? ' bs-timeline__mark--chosen' : ''}`}
            style={{ left: at(Date.parse(createdAt)) }}
            title={`Backup ${number}: ${absoluteTime(createdAt)}`}
          />
        ))}
        <span className="bs-timeline__now" style={{ left: at(now) }} />
      </div>
      <figcaption className="bs-timeline__caption bs-small bs-subtle">
        <span>{relativeTime(new Date(start).toISOString(), now)}</span>
        <span className="bs-timeline__legend">
          <span className="bs-timeline__key" /> backup
          {failed.length > 0 ? (
            <>
              <span className="bs-timeline__key bs-timeline__key--failed" /> failed job
            </>
          ) : null}
          <span className="bs-timeline__key bs-timeline__key--lost" /> writes that would be lost
        </span>
        <span>now</span>
      </figcaption>
    </figure>
  );
}
