import type { ActionStatus, Job, KubeObject, RequestedBackupAction } from '@backstay/shared';
import { ownedReferenceOf } from './children.ts';
import { installation, type ReconcileProblem, withCondition } from './condition.ts';
import { jobHealth } from './health.ts';

/** Failed for good at this generation: only a change of the action makes it try again. */
export const hasGivenUp = ({ metadata, status }: RequestedBackupAction): boolean => {
  const condition = status?.conditions?.find(({ type }) => type === installation);
  const final = ['InvalidDefinition', 'InvalidVersion'];
  return (
    condition?.status === 'False' &&
    final.includes(condition.reason) &&
    condition.observedGeneration === metadata.generation
  );
};

/** Nothing was made yet, and why. */
export const waitingStatus = (
  { metadata, status }: RequestedBackupAction,
  problem: ReconcileProblem,
  now: string,
): ActionStatus => {
  const waiting = problem.reason === 'WaitingForSchedule';
  const conditions = withCondition(status?.conditions, {
    type: installation,
    status: waiting ? 'Unknown' : 'False',
    reason: problem.reason,
    message: problem.message,
    generation: metadata.generation,
    now,
  });
  return { processed: false, conditions, healthy: waiting ? undefined : false };
};

const jobReference = (status: ActionStatus | undefined) => status?.ownedReferences?.find(({ kind }) => kind === 'Job');

export const trackingIdOfJob = (status: ActionStatus | undefined): string | undefined =>
  jobReference(status)?.trackingId;

/** The Job is in the cluster. */
export const processedStatus = (
  action: RequestedBackupAction,
  { children, job, now }: { children: readonly KubeObject[]; job: Job; now: string },
): ActionStatus => {
  const conditions = withCondition(action.status?.conditions, {
    type: installation,
    status: 'True',
    reason: 'SpecWasUpdated',
    message: 'All objects are templated and applied.',
    generation: action.metadata.generation,
    now,
  });
  const status = { processed: true, conditions, ownedReferences: children.map(ownedReferenceOf) };
  return { ...status, ...observedStatus({ ...action, status }, job) };
};

/** What is known of the Job of a processed action. A result that is there stays. */
export const observedStatus = (
  { status }: Pick<RequestedBackupAction, 'status'>,
  job: Job | undefined,
): Pick<ActionStatus, 'childrenResourcesHealth' | 'healthy'> => {
  const trackingId = trackingIdOfJob(status);
  if (trackingId === undefined) {
    return { childrenResourcesHealth: status?.childrenResourcesHealth, healthy: status?.healthy };
  }
  const before = status?.childrenResourcesHealth?.find((item) => item.trackingId === trackingId);
  const item = jobHealth(trackingId, job, before);
  return { childrenResourcesHealth: [item], healthy: item.running ? undefined : item.succeeded };
};

export const isFinished = ({ status }: RequestedBackupAction): boolean => {
  const trackingId = trackingIdOfJob(status);
  const item = status?.childrenResourcesHealth?.find((candidate) => candidate.trackingId === trackingId);
  return item !== undefined && (item.succeeded || item.failed);
};
