import type { BackupStatus, ChildHealth, CronJob, Job, KubeObject, ScheduledBackup } from '@backstay/shared';
import { ownedReferenceOf } from './children.ts';
import { installation, keyPair, type ReconcileProblem, withCondition } from './condition.ts';
import { cronJobHealth } from './health.ts';
import { specHash } from './spec-hash.ts';

export interface ScheduleObservation {
  children: readonly KubeObject[];
  problem?: ReconcileProblem;
  publicKeyOnly: boolean;
  cronJob: CronJob | undefined;
  jobs: readonly Job[];
  now: string;
}

const conditionsOf = ({ metadata, status }: ScheduledBackup, { problem, publicKeyOnly, now }: ScheduleObservation) => {
  const about = { generation: metadata.generation, now };
  const conditions = withCondition(status?.conditions, {
    ...about,
    type: installation,
    status: problem === undefined ? 'True' : 'False',
    reason: problem?.reason ?? 'SpecWasUpdated',
    message: problem?.message ?? 'All objects are templated and applied.',
  });
  const known = conditions.some(({ type }) => type === keyPair);
  if (problem !== undefined || (!publicKeyOnly && !known)) {
    return conditions;
  }
  return publicKeyOnly
    ? withCondition(conditions, {
        ...about,
        type: keyPair,
        status: 'False',
        reason: 'PrivateKeyMissing',
        message: 'The key Secret holds the public key only: backups run, and a restore needs the private key put back.',
      })
    : conditions.filter(({ type }) => type !== keyPair);
};

const itemOf = (status: BackupStatus | undefined, trackingId: string): ChildHealth | undefined =>
  status?.childrenResourcesHealth?.find((item) => item.trackingId === trackingId);

/** The whole status that follows from what was seen; fields that are absent in the result are to be taken away. */
export const planScheduleStatus = (scheduledBackup: ScheduledBackup, seen: ScheduleObservation): BackupStatus => {
  const { status, spec } = scheduledBackup;
  const conditions = conditionsOf(scheduledBackup, seen);
  if (seen.problem !== undefined) {
    return { ...status, conditions, healthy: false };
  }
  const ownedReferences = seen.children.map(ownedReferenceOf);
  const base = { lastAppliedSpecHash: specHash(spec), conditions, ownedReferences };
  const cron = ownedReferences.find(({ kind }) => kind === 'CronJob');
  if (cron === undefined) {
    return { ...base, childrenResourcesHealth: [], healthy: true };
  }
  // What was false because the spec could not be applied says nothing of the runs.
  const wasApplied = !status?.conditions?.some(({ type, status: state }) => type === installation && state === 'False');
  const before = { item: itemOf(status, cron.trackingId), healthy: wasApplied ? status?.healthy : undefined };
  const { item, healthy } = cronJobHealth({ ...cron, cronJob: seen.cronJob, jobs: seen.jobs }, before);
  return { ...base, childrenResourcesHealth: [item], healthy };
};
