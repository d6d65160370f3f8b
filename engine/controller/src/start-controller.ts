import type { KubeClient, ResourceCacheOptions } from '@backstay/kubernetes';
import type { KubeObject } from '@backstay/shared';
import { createChildrenWriter } from './cluster/children-writer.ts';
import { type ControllerCaches, createControllerCaches, stopCaches, synced } from './cluster/controller-caches.ts';
import { messageOf } from './cluster/errors.ts';
import { createEventRecorder, seconds } from './cluster/event-recorder.ts';
import { createHydrator } from './cluster/hydrate.ts';
import { createOwnerIndex } from './cluster/owner-index.ts';
import { createStatusWriter } from './cluster/status-writer.ts';
import { decodeKey, routeEvents, type WorkKey } from './event-routes.ts';
import { type KeyMaker, openpgpKeyMaker } from './keys/key-secret.ts';
import { type LeaderElectionRun, type LeaderElectionTiming, startLeaderElection } from './leader/leader-election.ts';
import type { Logger } from './logger.ts';
import type { ControllerMetrics, ReconcileResult } from './observability/controller-metrics.ts';
import { meteredClient } from './observability/metered-client.ts';
import { createWorkQueue, type Outcome, type WorkQueue } from './queue/work-queue.ts';
import type { ReconcileContext } from './reconcile/context.ts';
import { reconcileAction } from './reconcile/reconcile-action.ts';
import { type Recheck, reconcileSchedule } from './reconcile/reconcile-schedule.ts';
import { createScheduleMemory, type ScheduleMemory } from './reconcile/schedule-memory.ts';

export interface ControllerOptions {
  client: KubeClient;
  logger: Logger;
  /** Works on one namespace only. Default: all. */
  namespace?: string;
  /** Absent: this process is the only controller. */
  leaderElection?: { namespace: string; identity: string; timing?: Partial<LeaderElectionTiming> };
  /** Image that the init container of a Job takes backup-maker from. Default: that of this release. */
  backupMakerImage?: string;
  clock?: { now(): Date };
  /** Resources worked on at once. Default: 8. */
  concurrency?: number;
  keyMaker?: KeyMaker;
  cacheTiming?: ResourceCacheOptions<KubeObject>['timing'];
  metrics?: ControllerMetrics;
}

export interface ControllerState {
  synced: boolean;
  /** Kinds of which nothing is heard. */
  stale: string[];
  /** True for the only controller too. */
  leading: boolean;
  leaseStuck: boolean;
  /** Of the longest reconcile in progress. */
  longestMs: number;
}

export interface Controller {
  /** Resolves when the cluster is known and, as the leader, work has begun. */
  readonly ready: Promise<void>;
  /** False while the API server cannot be heard. */
  readonly healthy: boolean;
  readonly state: ControllerState;
  /** Finishes what is in progress, gives the lease back. */
  stop(): Promise<void>;
}

const conflictPauseMs = 100;

const createContext = (options: ControllerOptions, caches: ControllerCaches): ReconcileContext => {
  const { client, logger, clock, keyMaker = openpgpKeyMaker, backupMakerImage } = options;
  const now = (): Date => clock?.now() ?? new Date();
  return {
    client,
    caches,
    logger,
    jobs: createOwnerIndex(caches.jobs),
    hydrator: createHydrator({ client, caches, keyMaker }),
    children: createChildrenWriter(client, caches),
    status: createStatusWriter(client),
    record: createEventRecorder(client, logger, now),
    settings: { backupMakerImage },
    now: () => seconds(now()),
  };
};

type Reconciled = Outcome | 'conflict' | Recheck;

const measured = async (
  metrics: ControllerMetrics | undefined,
  key: WorkKey,
  work: (key: WorkKey) => Promise<Reconciled>,
): Promise<Reconciled> => {
  const begun = performance.now();
  let result: ReconcileResult['result'] = 'error';
  try {
    const outcome = await work(key);
    result = typeof outcome === 'object' ? 'done' : outcome;
    return outcome;
  } finally {
    metrics?.reconciled({ kind: key.kind, result, seconds: (performance.now() - begun) / 1000 });
  }
};

const createQueue = (options: ControllerOptions, context: ReconcileContext, memory: ScheduleMemory): WorkQueue => {
  const work = async (key: string): Promise<Outcome> => {
    const outcome = await measured(options.metrics, decodeKey(key), ({ kind, ...name }) =>
      kind === 'ScheduledBackup' ? reconcileSchedule(context, memory, name) : reconcileAction(context, name),
    );
    if (typeof outcome === 'object') {
      queue.add(key, outcome.afterMs);
      return 'done';
    }
    if (outcome === 'conflict') {
      queue.add(key, conflictPauseMs);
      return 'done';
    }
    return outcome;
  };
  const queue = createWorkQueue({
    work,
    concurrency: options.concurrency ?? 8,
    onError: (key, error) => options.logger.error({ key, error: messageOf(error) }, 'Reconcile failed; trying again'),
  });
  return queue;
};

const createRunner = (options: ControllerOptions, caches: ControllerCaches) => {
  const context = createContext(options, caches);
  const memory = createScheduleMemory(caches);
  const queue = createQueue(options, context, memory);
  const stopRoutes = routeEvents(caches, {
    add: queue.add.bind(queue),
    gone: (key, uid) => {
      queue.forget(key);
      memory.forget(uid);
      context.status.forget(uid);
    },
    childLost: memory.childLost,
  });
  return { queue, stopRoutes };
};

const elect = (options: ControllerOptions, queue: WorkQueue, elected: () => void) => {
  const { leaderElection, client, logger, clock } = options;
  if (leaderElection === undefined) {
    queue.resume();
    elected();
    return undefined;
  }
  return startLeaderElection({
    ...leaderElection,
    client,
    logger,
    now: () => clock?.now() ?? new Date(),
    onElected: () => {
      queue.resume();
      elected();
    },
    onLost: () => queue.pause(),
  });
};

interface Running {
  queue: WorkQueue;
  election: LeaderElectionRun | undefined;
}

const stateOf = (caches: ControllerCaches, running: Running | undefined): ControllerState => ({
  synced: running !== undefined,
  stale: Object.entries(caches)
    .filter(([, cache]) => !(cache as { fresh: boolean }).fresh)
    .map(([kind]) => kind),
  leading: running !== undefined && (running.election?.leading ?? true),
  leaseStuck: running?.election?.stuck ?? false,
  longestMs: running?.queue.longestMs() ?? 0,
});

/**
 * Turns ScheduledBackups and RequestedBackupActions into Secrets, ConfigMaps, CronJobs and Jobs, and tells their health, until
 * it is stopped. It returns at once and waits for an API server, and for the custom resources, that are not there yet.
 */
export const startController = (given: ControllerOptions): Promise<Controller> => {
  const { metrics, logger, namespace, cacheTiming } = given;
  const client = metrics === undefined ? given.client : meteredClient(given.client, metrics.requested);
  const options = { ...given, client };
  const caches = createControllerCaches({
    client,
    namespace,
    timing: cacheTiming,
    onError: (kind, error) => logger.warn({ kind, error: messageOf(error) }, 'Watching failed; trying again'),
  });
  const stopping = Promise.withResolvers<'stopped'>();
  const ready = Promise.withResolvers<void>();
  let running: Running | undefined;
  const state = (): ControllerState => stateOf(caches, running);
  metrics?.observe({
    caches,
    queue: () => running?.queue.depth() ?? { ready: 0, running: 0, delayed: 0 },
    leading: () => state().leading,
  });
  const run = async (): Promise<void> => {
    if ((await Promise.race([synced(caches), stopping.promise])) === 'stopped') {
      return;
    }
    const { queue, stopRoutes } = createRunner(options, caches);
    const election = elect(options, queue, ready.resolve);
    running = { queue, election };
    await stopping.promise;
    stopRoutes();
    await election?.stop();
    await queue.stop();
  };
  const ended = run();
  return Promise.resolve({
    ready: ready.promise,
    get healthy() {
      return state().stale.length === 0;
    },
    get state() {
      return state();
    },
    stop: async () => {
      stopping.resolve('stopped');
      await ended;
      await stopCaches(caches);
    },
  });
};
