import {
  type Job,
  type KubeObject,
  labels,
  type RequestedBackupAction,
  resourceTypes,
  type ScheduledBackup,
} from '@backstay/shared';
import { isConflict } from '../cluster/errors.ts';
import {
  hasGivenUp,
  isFinished,
  observedStatus,
  processedStatus,
  trackingIdOfJob,
  waitingStatus,
} from '../plan/action-status.ts';
import { findCondition, installation, ReconcileProblem } from '../plan/condition.ts';
import { isOwnedBy } from '../plan/ownership.ts';
import { renderAction } from '../plan/render-children.ts';
import type { Outcome } from '../queue/work-queue.ts';
import type { ReconcileContext } from './context.ts';
import type { ObjectName } from './reconcile-schedule.ts';

const { jobs: jobType, requestedBackupActions } = resourceTypes;

/** The schedule's Secret and ConfigMap are what the Job will mount: they must be there, and of this generation. */
const readySchedule = (context: ReconcileContext, action: RequestedBackupAction): ScheduledBackup => {
  const { namespace } = action.metadata;
  const { name } = action.spec.scheduledBackupRef;
  const cached = context.caches.scheduledBackups.get(namespace, name);
  if (cached === undefined) {
    throw new ReconcileProblem('DependencyMissing', `ScheduledBackup "${name}" does not exist in this namespace.`);
  }
  const scheduledBackup = context.status.latest(cached);
  const condition = findCondition(scheduledBackup.status?.conditions, installation);
  if (condition?.observedGeneration !== scheduledBackup.metadata.generation || condition?.status === 'Unknown') {
    throw new ReconcileProblem('WaitingForSchedule', `Waits until ScheduledBackup "${name}" is applied.`);
  }
  if (condition?.status !== 'True') {
    const message = `Waits until ScheduledBackup "${name}" is mended: ${condition?.message ?? ''}`;
    throw new ReconcileProblem('WaitingForSchedule', message);
  }
  return scheduledBackup;
};

const createJob = async (
  { client }: ReconcileContext,
  action: RequestedBackupAction,
  job: KubeObject,
): Promise<Job> => {
  try {
    return await client.create(jobType, job as Job);
  } catch (error) {
    if (!isConflict(error)) {
      throw error;
    }
    const existing = await client.get(jobType, job.metadata);
    if (!isOwnedBy(existing, action)) {
      throw new ReconcileProblem(
        'ApplyFailed',
        `Job "${job.metadata.name}" exists already and belongs to something else.`,
      );
    }
    return existing;
  }
};

interface Made {
  children: KubeObject[];
  job: Job;
}

const isRefused = (error: unknown): error is Error =>
  error instanceof Error && 'status' in error && [400, 403, 422].includes(Number(error.status));

const run = async (context: ReconcileContext, action: RequestedBackupAction): Promise<Made> => {
  const { hydrator, settings, children: writer } = context;
  const scheduledBackup = readySchedule(context, action);
  const inputs = await hydrator.read(scheduledBackup);
  const { children } = renderAction(action, { scheduledBackup, inputs }, settings);
  const job = children.find(({ kind }) => kind === 'Job');
  if (job === undefined) {
    throw new ReconcileProblem('InvalidDefinition', 'The procedure renders no Job.', { retry: false });
  }
  await writer.apply(
    action,
    children.filter((child) => child !== job),
  );
  try {
    return { children, job: await createJob(context, action, job) };
  } catch (error) {
    if (isRefused(error)) {
      throw new ReconcileProblem('ApplyFailed', `Job "${job.metadata.name}" was refused: ${error.message}`, {
        cause: error,
      });
    }
    throw error;
  }
};

const recordProblem = async (
  { record }: ReconcileContext,
  action: RequestedBackupAction,
  problem: ReconcileProblem,
): Promise<void> => {
  const before = findCondition(action.status?.conditions, installation);
  if (problem.reason !== 'WaitingForSchedule' && before?.message !== problem.message) {
    await record(action, { type: 'Warning', reason: 'ErrorOccurred', message: problem.message });
  }
};

const outcomeOf = (problem: ReconcileProblem): Outcome =>
  problem.retry && problem.reason !== 'WaitingForSchedule' ? 'retry' : 'done';

const start = async (context: ReconcileContext, action: RequestedBackupAction): Promise<Outcome | 'conflict'> => {
  const { status, record, logger } = context;
  let made: Made;
  try {
    made = await run(context, action);
  } catch (error) {
    if (!(error instanceof ReconcileProblem)) {
      throw error;
    }
    const planned = waitingStatus(action, error, context.now());
    const written = await status.write(requestedBackupActions, action, planned);
    if (written === 'written') {
      await recordProblem(context, action, error);
    }
    return written === 'conflict' ? 'conflict' : outcomeOf(error);
  }
  const planned = processedStatus(action, { ...made, now: context.now() });
  const written = await status.write(requestedBackupActions, action, planned);
  if (written === 'written') {
    const { namespace, name } = action.metadata;
    logger.info({ namespace, action: name, job: made.job.metadata.name }, 'Job created');
    const message = `All objects are templated and applied. Created Job ${made.job.metadata.name}.`;
    await record(action, { type: 'Normal', reason: 'Created', message });
  }
  return written === 'conflict' ? 'conflict' : 'done';
};

/** A Job that the cache lacks may be younger than the cache: only the API server knows that it is gone. */
const jobOf = async ({ client, jobs }: ReconcileContext, action: RequestedBackupAction): Promise<Job | undefined> => {
  const [cached] = jobs.ownedBy(action);
  const trackingId = trackingIdOfJob(action.status);
  if (cached !== undefined || trackingId === undefined) {
    return cached;
  }
  const { namespace } = action.metadata;
  const labelSelector = `${labels.trackingId}=${trackingId}`;
  const { items } = await client.list(jobType, { namespace, labelSelector, limit: 1 });
  return items[0];
};

const observe = async (context: ReconcileContext, action: RequestedBackupAction): Promise<Outcome | 'conflict'> => {
  if (isFinished(action)) {
    return 'done';
  }
  const planned = observedStatus(action, await jobOf(context, action));
  const written = await context.status.write(requestedBackupActions, action, planned);
  return written === 'conflict' ? 'conflict' : 'done';
};

/** Makes the one Job of an action, then follows it to its end. */
export const reconcileAction = async (
  context: ReconcileContext,
  { namespace, name }: ObjectName,
): Promise<Outcome | 'conflict'> => {
  const cached = context.caches.actions.get(namespace, name);
  if (cached === undefined || cached.metadata.deletionTimestamp !== undefined || cached.spec === undefined) {
    return 'done';
  }
  const action = context.status.latest(cached);
  if (action.status?.processed) {
    return observe(context, action);
  }
  return hasGivenUp(action) ? 'done' : start(context, action);
};
