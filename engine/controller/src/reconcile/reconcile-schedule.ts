import { type Condition, type KubeObject, resourceTypes, type ScheduledBackup } from '@backstay/shared';
import { type ApplyResult, liveChild } from '../cluster/children-writer.ts';
import type { KeyChange } from '../cluster/hydrate.ts';
import { fingerprint } from '../cluster/summaries.ts';
import { childKey } from '../plan/children.ts';
import { findCondition, installation, keyPair, overdue, ReconcileProblem } from '../plan/condition.ts';
import { punctualityOf } from '../plan/overdue.ts';
import { renderSchedule } from '../plan/render-children.ts';
import { planScheduleStatus, type ScheduleObservation } from '../plan/schedule-status.ts';
import type { Outcome } from '../queue/work-queue.ts';
import type { ReconcileContext } from './context.ts';
import type { Installed, ScheduleMemory, Snapshot } from './schedule-memory.ts';

export interface ObjectName {
  namespace: string;
  name: string;
}

const names = (objects: readonly KubeObject[]): string =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ');

const applied = 'All objects are templated and applied.';

/** One event for each sort of change: people read them, and each costs the API server a write. */
const announce = async (
  { record, logger }: ReconcileContext,
  scheduledBackup: ScheduledBackup,
  { created, updated, pruned }: Changes,
): Promise<void> => {
  const { namespace, name } = scheduledBackup.metadata;
  for (const [reason, objects] of Object.entries({ Created: created, Updated: updated, Deleted: pruned })) {
    if (objects.length > 0) {
      logger.info({ namespace, scheduledBackup: name, objects: names(objects) }, `${reason} objects`);
      const message = `${applied} ${reason} ${names(objects)}.`;
      await record(scheduledBackup, { type: 'Normal', reason: reason as 'Created' | 'Updated' | 'Deleted', message });
    }
  }
};

const announceKeys = async (
  context: ReconcileContext,
  scheduledBackup: ScheduledBackup,
  done: KeyChange,
): Promise<void> => {
  if (done !== undefined) {
    const secret = `Secret ${scheduledBackup.spec.gpgKeySecretRef.secretName}`;
    const message =
      done === 'created' ? `Created ${secret} with a new key pair.` : `Completed the key pair in ${secret}.`;
    await context.record(scheduledBackup, {
      type: 'Normal',
      reason: done === 'created' ? 'Created' : 'Updated',
      message,
    });
  }
};

type Changes = Pick<ApplyResult, 'created' | 'updated'> & { pruned: KubeObject[] };

interface Attempt {
  memory: ScheduleMemory;
  snapshot: Snapshot;
}

const install = async (
  context: ReconcileContext,
  scheduledBackup: ScheduledBackup,
  { memory, snapshot }: Attempt,
): Promise<Installed> => {
  const { caches, hydrator, children: writer, settings, logger } = context;
  await announceKeys(context, scheduledBackup, await hydrator.ensureKeys(scheduledBackup));
  const inputs = await hydrator.read(scheduledBackup);
  const { children, warnings } = renderSchedule(scheduledBackup, inputs, settings);
  for (const warning of warnings) {
    logger.warn({ scheduledBackup: scheduledBackup.metadata.name, warning }, 'A value was left out');
  }
  const lagging = new Map(children.map((child) => [childKey(child), fingerprint(liveChild(caches, child))]));
  const { created, updated, fingerprints } = await writer.apply(scheduledBackup, children);
  const pruned = await writer.prune(scheduledBackup, children);
  const installed = { children, publicKeyOnly: inputs.keys.privateKey === '' };
  // A Secret may be newer than the cache: its completion was written a moment ago.
  const seen = { ...snapshot, secrets: new Map([...snapshot.secrets, ...inputs.digests]) };
  memory.remember(scheduledBackup, { installed, expected: fingerprints, lagging, snapshot: seen });
  await announce(context, scheduledBackup, { created, updated, pruned });
  return { ...installed, announced: created.length + updated.length > 0 };
};

/** A problem is a result like another: it is told in the status. What only a change can mend is remembered. */
const tryInstall = async (
  context: ReconcileContext,
  memory: ScheduleMemory,
  scheduledBackup: ScheduledBackup,
): Promise<Installed> => {
  const snapshot = memory.snapshot(scheduledBackup);
  try {
    return await install(context, scheduledBackup, { memory, snapshot });
  } catch (error) {
    if (!(error instanceof ReconcileProblem)) {
      throw error;
    }
    const installed: Installed = { children: [], problem: error, publicKeyOnly: false };
    if (!error.retry) {
      memory.remember(scheduledBackup, { installed, expected: new Map(), lagging: new Map(), snapshot });
    }
    return installed;
  }
};

/** Events tell of changes only: a problem that stays is told once. */
const recordOutcome = async (
  { record }: ReconcileContext,
  before: ScheduledBackup,
  { problem, publicKeyOnly, announced = false }: Installed,
): Promise<void> => {
  const condition = findCondition(before.status?.conditions, installation);
  if (problem !== undefined && (condition?.status !== 'False' || condition.message !== problem.message)) {
    await record(before, { type: 'Warning', reason: 'ErrorOccurred', message: problem.message });
  }
  const isNew = condition?.status !== 'True' || condition.observedGeneration !== before.metadata.generation;
  if (problem === undefined && isNew && !announced) {
    await record(before, { type: 'Normal', reason: 'Updated', message: applied });
  }
  if (publicKeyOnly && findCondition(before.status?.conditions, keyPair) === undefined) {
    const message =
      'The key Secret holds the public key only: restores are not possible until the private key is there.';
    await record(before, { type: 'Warning', reason: 'ErrorOccurred', message });
  }
};

const recordOverdue = async (
  { record }: ReconcileContext,
  before: ScheduledBackup,
  after: readonly Condition[] | undefined,
): Promise<void> => {
  const condition = findCondition(after, overdue);
  if (condition !== undefined && findCondition(before.status?.conditions, overdue) === undefined) {
    await record(before, { type: 'Warning', reason: 'ErrorOccurred', message: condition.message });
  }
};

/** Nothing to do now; look again then, though nothing changes in the cluster. */
export interface Recheck {
  afterMs: number;
}

/** Of a timer. */
const mostMs = 24 * 60 * 60_000;

/** The alarm of a schedule that does not run has to come without an event. */
const recheckOf = ({ cronJob, jobs, now }: ScheduleObservation): 'done' | Recheck => {
  const { alarmAt } = punctualityOf(cronJob, jobs);
  const afterMs = (alarmAt ?? 0) - Date.parse(now);
  return afterMs > 0 ? { afterMs: Math.min(afterMs + 1_000, mostMs) } : 'done';
};

/** Brings the objects of one ScheduledBackup to what its spec says, and its status to what is seen. */
export const reconcileSchedule = async (
  context: ReconcileContext,
  memory: ScheduleMemory,
  { namespace, name }: ObjectName,
): Promise<Outcome | 'conflict' | Recheck> => {
  const { caches, jobs, status } = context;
  const cached = caches.scheduledBackups.get(namespace, name);
  if (cached === undefined || cached.metadata.deletionTimestamp !== undefined || cached.spec === undefined) {
    return 'done';
  }
  const scheduledBackup = status.latest(cached);
  const installed = memory.recall(scheduledBackup) ?? (await tryInstall(context, memory, scheduledBackup));
  const cronChild = installed.children.find(({ kind }) => kind === 'CronJob');
  const cronJob = cronChild && caches.cronJobs.get(namespace, cronChild.metadata.name);
  const observation = { ...installed, cronJob, jobs: jobs.ownedBy(cronJob), now: context.now() };
  const planned = planScheduleStatus(scheduledBackup, observation);
  const written = await status.write(resourceTypes.scheduledBackups, scheduledBackup, planned);
  if (written === 'conflict') {
    return 'conflict';
  }
  if (written === 'written') {
    await recordOutcome(context, scheduledBackup, installed);
    await recordOverdue(context, scheduledBackup, planned.conditions);
  }
  return installed.problem?.retry ? 'retry' : recheckOf(observation);
};
