import type { Job, JobCondition, Pod } from '@backstay/shared';
import { timestamp } from '../clock.ts';
import { endOf, hasFailed, hasSucceeded, isActive } from './job-pods.ts';

export type JobStatus = NonNullable<Job['status']>;

/** Why a Job ends, as its conditions say it. */
export interface Ending {
  reason: string;
  message: string;
}

const firstBackoff = 10_000;
const longestBackoff = 600_000;

export const conditionOf = (status: JobStatus | undefined, type: string): JobCondition | undefined =>
  status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');

/** The condition that ended a Job; nothing changes the Job's outcome after it. */
export const endingOf = (job: Job): JobCondition | undefined =>
  conditionOf(job.status, 'Complete') ?? conditionOf(job.status, 'Failed');

/** Sets a condition; one that says the same already stays untouched. */
export const setCondition = (status: JobStatus, condition: JobCondition, now: Date): void => {
  const others = (status.conditions ?? []).filter(({ type }) => type !== condition.type);
  const before = status.conditions?.find(({ type }) => type === condition.type);
  if (before?.status === condition.status && before.reason === condition.reason) {
    return;
  }
  const at = timestamp(now);
  status.conditions = [...others, { ...condition, lastProbeTime: at, lastTransitionTime: at }];
};

const restartsOf = (pod: Pod): number =>
  [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].reduce(
    (sum, { restartCount }) => sum + restartCount,
    0,
  );

const restartsExceeded = (job: Job, pods: readonly Pod[]): boolean => {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') {
    return false;
  }
  const restarts = pods.filter(isActive).reduce((sum, pod) => sum + restartsOf(pod), 0);
  const limit = job.spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
};

/** Milliseconds until the Job's deadline; undefined when it has none or its clock does not run. */
export const untilDeadline = (job: Job, status: JobStatus, now: Date): number | undefined => {
  const { activeDeadlineSeconds, suspend } = job.spec;
  if (activeDeadlineSeconds === undefined || suspend === true || status.startTime === undefined) {
    return undefined;
  }
  return Date.parse(status.startTime) + activeDeadlineSeconds * 1000 - now.getTime();
};

export interface JobView {
  job: Job;
  pods: readonly Pod[];
  /** With every ended Pod counted. */
  status: JobStatus;
  now: Date;
}

/** Why the Job has failed; undefined while it has not. */
export const failureOf = ({ job, pods, status, now }: JobView): Ending | undefined => {
  const target = conditionOf(status, 'FailureTarget');
  if (target !== undefined) {
    return { reason: target.reason ?? '', message: target.message ?? '' };
  }
  if (job.spec['completionMode'] === 'Indexed') {
    return {
      reason: 'CompletionModeNotSupported',
      message: 'Indexed Jobs do not run here; use completionMode NonIndexed',
    };
  }
  if ((status.failed ?? 0) > (job.spec.backoffLimit ?? 6) || restartsExceeded(job, pods)) {
    return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  }
  return (untilDeadline(job, status, now) ?? 1) <= 0
    ? { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
    : undefined;
};

export const successOf = ({ job, pods, status }: JobView): Ending | undefined => {
  const { completions } = job.spec;
  const succeeded = status.succeeded ?? 0;
  const reached =
    completions === undefined
      ? succeeded > 0 && !pods.some(isActive)
      : succeeded >= completions && !pods.some(isActive);
  return reached ? { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' } : undefined;
};

/** How many Pods should be active at the same time. */
export const wantedPods = ({ job, pods, status }: JobView): number => {
  const { completions, parallelism = 1, suspend } = job.spec;
  if (suspend === true) {
    return 0;
  }
  const succeeded = status.succeeded ?? 0;
  if (completions === undefined) {
    return succeeded > 0 ? pods.filter(isActive).length : parallelism;
  }
  return Math.max(0, Math.min(parallelism, completions - succeeded));
};

/** Milliseconds that the next Pod waits for after failures in a row: 10 s, doubled by each, at most 10 minutes. */
export const backoffLeft = ({ pods, now }: JobView): number => {
  const lastSuccess = Math.max(0, ...pods.filter(hasSucceeded).map(endOf));
  const failures = pods
    .filter(hasFailed)
    .map(endOf)
    .filter((end) => end >= lastSuccess);
  if (failures.length === 0) {
    return 0;
  }
  const wait = Math.min(longestBackoff, firstBackoff * 2 ** Math.min(failures.length - 1, 10));
  return Math.max(0, Math.max(...failures) + wait - now.getTime());
};
