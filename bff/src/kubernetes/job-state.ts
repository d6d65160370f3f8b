import {
  annotations,
  type Job,
  type JobCondition,
  type JobState,
  labels,
  type Operation,
  type Pod,
} from '@backstay/shared';

const isTrue = (job: Job, type: string): JobCondition | undefined =>
  job.status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');

export const completeCondition = (job: Job): JobCondition | undefined => isTrue(job, 'Complete');
export const failedCondition = (job: Job): JobCondition | undefined => isTrue(job, 'Failed');

/** A state that is over stays what it is. */
export const isTerminal = (state: JobState): boolean => state !== 'pending' && state !== 'running';

export function jobState(job: Job, pods: readonly Pod[]): JobState {
  if (completeCondition(job)) return 'succeeded';
  const failed = failedCondition(job);
  if (failed) return wasCancelled(job, failed) ? 'cancelled' : 'failed';
  return pods.some((pod) => pod.status?.phase === 'Running') ? 'running' : 'pending';
}

// A cancellation is a deadline that a person set. A job that broke before it took effect failed.
const wasCancelled = (job: Job, failed: JobCondition): boolean =>
  job.metadata.annotations?.[annotations.cancelledBy] !== undefined && failed.reason === 'DeadlineExceeded';

export function finishedAt(job: Job): string | undefined {
  return (
    job.status?.completionTime ?? failedCondition(job)?.lastTransitionTime ?? completeCondition(job)?.lastTransitionTime
  );
}

export const scheduleOf = (job: Job): string => job.metadata.labels?.[labels.schedule] ?? '';

export function operationOf(job: Job): Operation {
  const value = job.metadata.labels?.[labels.operation] ?? job.metadata.annotations?.[annotations.action];
  return value === 'restore' ? 'restore' : 'backup';
}

export const isoInstant = (time: string | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString();
