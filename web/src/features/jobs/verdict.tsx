import type { JobDetail } from '@backstay/shared';
import { Alert } from '@patternfly/react-core';
import { Link } from '@tanstack/react-router';
import { formatBytes, formatDuration, secondsBetween } from '../../lib/format.ts';

/** What came of the job, in one sentence; for a failure everything that is known about it. */
export function Verdict({ job }: { job: JobDetail }) {
  if (job.state === 'succeeded') return <Success job={job} />;
  if (job.state === 'failed') return <Failure job={job} />;
  if (job.state === 'cancelled') {
    return (
      <Alert variant="warning" isInline title={job.reason ?? 'This job was cancelled.'}>
        {job.operation === 'backup'
          ? 'No backup was stored by it. Earlier backups are as they were.'
          : 'The target may be half restored. Restore again before you rely on it.'}
      </Alert>
    );
  }
  return null;
}

function Success({ job }: { job: JobDetail }) {
  const took =
    job.startedAt === undefined || job.finishedAt === undefined
      ? ''
      : ` in ${formatDuration(secondsBetween(job.startedAt, job.finishedAt))}`;
  if (job.operation === 'restore') {
    const what = job.version === undefined ? 'The backup' : `Backup ${job.version}`;
    return <Alert variant="success" isInline title={`${what} was restored completely${took}.`} />;
  }
  const size = job.sizeBytes === undefined ? '' : `, ${formatBytes(job.sizeBytes)} encrypted`;
  return (
    <Alert
      variant="success"
      isInline
      title={`Stored as backup ${job.version ?? ''}${size}${took}.`
        .replace('backup  ', 'a backup ')
        .replace('backup .', 'a backup.')}
      actionLinks={
        <Link to="/restore" search={{ namespace: job.namespace, schedule: job.schedule, version: job.version }}>
          Restore from it
        </Link>
      }
    />
  );
}

function Failure({ job }: { job: JobDetail }) {
  const { failure } = job;
  const title = `This ${job.operation} failed${failure === undefined ? '' : `: ${failure.stage}`}`;
  if (failure === undefined) {
    return (
      <Alert variant="danger" isInline title={title}>
        {job.reason ?? 'The reason is not known. The log and the events below may tell more.'}
      </Alert>
    );
  }
  const codes = [
    failure.exitCode === undefined ? undefined : `exit code ${failure.exitCode}`,
    failure.signal === undefined ? undefined : `signal ${failure.signal}`,
  ].filter((each) => each !== undefined && !failure.message.includes(each.replace('signal ', '')));
  return (
    <Alert variant="danger" isInline title={title} className="bs-failure">
      <p>
        {failure.message}
        {codes.length === 0 ? '' : ` (${codes.join(', ')})`}
      </p>
      {failure.lastLines.length === 0 ? null : <pre className="bs-failure__lines">{failure.lastLines.join('\n')}</pre>}
      <p>
        <strong>What to do:</strong> {failure.advice}
      </p>
      <p>
        {job.operation === 'backup'
          ? 'Nothing of it was stored. The backups from before are as they were.'
          : 'The target may be half restored. Do not rely on it before a restore has succeeded.'}
      </p>
    </Alert>
  );
}
