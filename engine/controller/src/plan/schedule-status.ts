import type { BackupStatus, ChildHealth, Condition, CronJob, Job, KubeObject, ScheduledBackup } from '@backstay/shared';
import { ownedReferenceOf } from './children.ts';
import { findCondition, installation, keyPair, overdue, type ReconcileProblem, withCondition } from './condition.ts';
import { cronJobHealth } from './health.ts';
import { punctualityOf } from './overdue.ts';
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

/** Whether two starts have passed without a success; a CronJob that the cache does not know yet says nothing new. */
const isOverdue = ({ status }: ScheduledBackup, { cronJob, jobs, now }: ScheduleObservation): boolean => {
  if (cronJob === undefined) {
    return findCondition(status?.conditions, overdue) !== undefined;
  }
  const { alarmAt } = punctualityOf(cronJob, jobs);
  return alarmAt !== undefined && Date.parse(now) >= alarmAt;
};

const withPunctuality = (
  conditions: Condition[],
  { metadata }: ScheduledBackup,
  { cronJob, jobs, now }: ScheduleObservation,
): Condition[] => {
  const { lastGood } = punctualityOf(cronJob, jobs);
  const since = lastGood === undefined ? 'It has never succeeded' : `It last succeeded at ${lastGood}`;
  return withCondition(conditions, {
    type: overdue,
    status: 'True',
    reason: 'RunsMissed',
    message: `${since}, and two runs were due since then. Look at its Jobs and at the CronJob.`,
    generation: metadata.generation,
    now,
  });
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
  const base = { lastAppliedSpecHash: specHash(spec), ownedReferences };
  const kept = conditions.filter(({ type }) => type !== overdue);
  const cron = ownedReferences.find(({ kind }) => kind === 'CronJob');
  if (cron === undefined) {
    return { ...base, conditions: kept, childrenResourcesHealth: [], healthy: true };
  }
  // What was false because the spec could not be applied, or because nothing ran, says nothing of the last run.
  const wasApplied = !status?.conditions?.some(
    ({ type, status: state }) => (type === installation && state === 'False') || type === overdue,
  );
  const before = { item: itemOf(status, cron.trackingId), healthy: wasApplied ? status?.healthy : undefined };
  const { item, healthy } = cronJobHealth({ ...cron, cronJob: seen.cronJob, jobs: seen.jobs }, before);
  const late = isOverdue(scheduledBackup, seen);
  return {
    ...base,
    conditions: late ? withPunctuality(conditions, scheduledBackup, seen) : kept,
    childrenResourcesHealth: [item],
    healthy: healthy && !late,
  };
};
