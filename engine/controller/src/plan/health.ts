import { annotations, type ChildHealth, type CronJob, type Job } from '@backstay/shared';

type Result = Pick<ChildHealth, 'succeeded' | 'running' | 'failed' | 'message'>;

const isTrue = (job: Job, ...types: string[]): boolean =>
  job.status?.conditions?.some(({ type, status }) => types.includes(type) && status === 'True') ?? false;

const failureMessage = (job: Job): string => {
  const who = job.metadata.annotations?.[annotations.cancelledBy];
  if (who !== undefined) {
    return `Cancelled by ${who}.`;
  }
  const condition = job.status?.conditions?.find(({ type, status }) => type === 'Failed' && status === 'True');
  if (condition?.reason === 'DeadlineExceeded') {
    return `Job ${job.metadata.name} took longer than its deadline allows.`;
  }
  if (condition === undefined || condition.reason === 'BackoffLimitExceeded') {
    return `Job ${job.metadata.name} failed; its log says why.`;
  }
  return `Job ${job.metadata.name} failed: ${condition.message || condition.reason}`;
};

export const hasFailed = (job: Job): boolean => isTrue(job, 'Failed', 'FailureTarget') || (job.status?.failed ?? 0) > 0;
export const hasSucceeded = (job: Job): boolean =>
  !hasFailed(job) && (isTrue(job, 'Complete', 'SuccessCriteriaMet') || (job.status?.succeeded ?? 0) > 0);
const hasFinished = (job: Job): boolean => hasFailed(job) || hasSucceeded(job);

/** A Job whose status is still empty counts as running: it was made and has not ended. */
const resultOf = (job: Job): Result => {
  if (hasFailed(job)) {
    return { succeeded: false, running: false, failed: true, message: failureMessage(job) };
  }
  if (hasSucceeded(job)) {
    return { succeeded: true, running: false, failed: false, message: `Job ${job.metadata.name} succeeded.` };
  }
  return { succeeded: false, running: true, failed: false, message: `Job ${job.metadata.name} is running.` };
};

const isFinal = (item: ChildHealth | undefined): item is ChildHealth =>
  item !== undefined && (item.succeeded || item.failed);

/** Of the one Job of an action. A result never changes again, also when the Job is deleted. */
export const jobHealth = (trackingId: string, job: Job | undefined, before: ChildHealth | undefined): ChildHealth => {
  const identity = { apiVersion: 'batch/v1', kind: 'Job', trackingId };
  if (isFinal(before)) {
    return { ...before, ...identity };
  }
  if (job === undefined) {
    const message = 'The Job was deleted before it finished.';
    return { ...identity, succeeded: false, running: false, failed: true, message };
  }
  return { ...identity, ...resultOf(job) };
};

const startOf = (job: Job): string => job.metadata.creationTimestamp ?? job.status?.startTime ?? '';

const newest = (jobs: readonly Job[]): Job | undefined =>
  jobs.reduce<Job | undefined>(
    (best, job) => (best === undefined || startOf(job) >= startOf(best) ? job : best),
    undefined,
  );

export interface CronJobHealth {
  item: ChildHealth;
  /** False when the last run that ended failed. Before the first one nothing has failed: true. */
  healthy: boolean;
}

/** Of the CronJob of a schedule: the newest of its Jobs says. What was known stays known when old Jobs are cleaned up. */
export const cronJobHealth = (
  child: { trackingId: string; cronJob: CronJob | undefined; jobs: readonly Job[] },
  before: { item: ChildHealth | undefined; healthy: boolean | undefined },
): CronJobHealth => {
  const identity = { apiVersion: 'batch/v1', kind: 'CronJob', trackingId: child.trackingId };
  const latest = newest(child.jobs);
  const finished = newest(child.jobs.filter(hasFinished));
  if (latest === undefined) {
    const known = isFinal(before.item) ? before.item : undefined;
    const message = child.cronJob?.spec.suspend ? 'Paused; has not run yet.' : 'Has not run yet.';
    const nothing = { succeeded: false, running: false, failed: false, message };
    return { item: { ...nothing, ...known, ...identity }, healthy: known === undefined ? true : known.succeeded };
  }
  const healthy = finished === undefined ? (before.healthy ?? true) : hasSucceeded(finished);
  return { item: { ...identity, ...resultOf(latest) }, healthy };
};
