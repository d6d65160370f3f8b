import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Pod } from '@backstay/shared';
import type { Logger } from 'pino';
import { systemClock } from '../controllers/clock.ts';
import { createEventRecorder, type RecordEvent } from '../controllers/event-recorder.ts';
import { find, type Place, placeOf, remove, resources } from '../controllers/resources.ts';
import type { Registry } from '../registry/registry.ts';
import type { RestartDelays } from './container-runner.ts';
import { LogBook } from './log-book.ts';
import { PipeStock } from './pipe-stock.ts';
import { podFolder } from './pod-folder.ts';
import type { PodLogs } from './pod-logs.ts';
import { PodWorker } from './pod-worker.ts';
import { isEnded, killSurvivors, podsOnDisk, recoverPods } from './recover-pods.ts';

export interface PodRunnerOptions {
  registry: Registry;
  /** Folder of the cluster; `pods/<uid>`, `volumes/<uid>` and `pipes` are made in it. */
  home: string;
  /** Folders that come before the machine's own in every Pod's PATH. */
  path?: readonly string[];
  /** More variables for every Pod. */
  environment?: Readonly<Record<string, string>>;
  logger: Logger;
  /** Name of this machine, as Pods see it. */
  node: string;
  restartDelays?: RestartDelays;
  /** Milliseconds that stop() waits at most before it kills. */
  stopGrace?: number;
  /** How many Pods run at the same time; others wait their turn as Pending. Default: 110. */
  maxPods?: number;
}

export interface PodRunner {
  logs: PodLogs;
  /** Ends all Pods. No process is left when it settles. */
  stop(): Promise<void>;
}

const run = promisify(execFile);
const inherited = ['HOME', 'LANG', 'TZ', 'USER'];
/** As many as a Kubernetes node takes. */
const defaultMaxPods = 110;
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const baseEnvironment = ({ path = [], environment = {} }: PodRunnerOptions): Map<string, string> => {
  const kept = inherited.map((name): [string, string | undefined] => [name, process.env[name]]);
  return new Map([
    ...kept.filter((entry): entry is [string, string] => entry[1] !== undefined),
    ['PATH', [...path, process.env['PATH'] ?? defaultPath].join(delimiter)],
    ...Object.entries(environment),
  ]);
};

/** Scripts name paths without quotes, so the folder gets a name that needs none. */
const plainName = (home: string): { home: string; remove(): void } => {
  if (/^[\w./-]+$/.test(home)) {
    return { home, remove: () => undefined };
  }
  const alias = mkdtempSync(join(tmpdir(), 'backstay-'));
  symlinkSync(home, join(alias, 'home'));
  return { home: join(alias, 'home'), remove: () => rmSync(alias, { recursive: true, force: true }) };
};

const removeFolder = async (folder: string): Promise<void> => {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch {
    // A Pod may have taken away its own rights.
    await run('chmod', ['-R', 'u+rwX', folder]).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
};

/** Runs the Pods of the registry as processes of this machine. */
class Runner implements PodRunner {
  readonly logs: LogBook;
  readonly #options: PodRunnerOptions;
  readonly #pods: string;
  readonly #claims: string;
  readonly #pipes: PipeStock;
  readonly #record: RecordEvent;
  readonly #workers = new Map<string, PodWorker>();
  /** Pods that wait for their turn, in order. */
  readonly #queue = new Map<string, Place>();
  readonly #removals = new Set<Promise<void>>();
  readonly #unsubscribe: (() => void)[] = [];
  readonly #removeAlias: () => void;
  #stopping = false;

  constructor(options: PodRunnerOptions) {
    mkdirSync(join(options.home, 'pods'), { recursive: true, mode: 0o700 });
    const alias = plainName(options.home);
    this.#removeAlias = alias.remove;
    this.#options = options;
    this.#pods = join(alias.home, 'pods');
    this.#claims = join(alias.home, 'volumes');
    this.#pipes = new PipeStock(join(options.home, 'pipes'));
    this.#record = createEventRecorder({ ...options, clock: systemClock, component: 'kubelet' });
    this.logs = new LogBook(this.#pods);
    this.#start();
  }

  #start(): void {
    const { registry, logger } = this.#options;
    recoverPods(registry, this.#pods, logger);
    const known = new Set(registry.list(resources.pods).items.map(({ metadata }) => metadata.uid));
    for (const uid of podsOnDisk(this.#pods).filter((name) => !known.has(name))) {
      this.#removeLater(podFolder(this.#pods, uid).root);
    }
    this.#unsubscribe.push(
      registry.subscribe(resources.pods, ({ type, object }) =>
        type === 'DELETED' ? this.#onGone(object as Pod) : this.#onPod(object as Pod),
      ),
      registry.subscribe(resources.claims, ({ type, object: { metadata } }) => {
        if (type === 'DELETED' && metadata.uid !== undefined) {
          this.#removeLater(join(this.#claims, metadata.uid));
        }
      }),
    );
    for (const pod of registry.list(resources.pods).items) {
      this.#onPod(pod as Pod);
    }
  }

  #onPod(pod: Pod): void {
    const uid = pod.metadata.uid ?? '';
    const worker = this.#workers.get(uid);
    const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
    if (deletionTimestamp !== undefined && worker !== undefined) {
      worker.halt('deleted', deletionGracePeriodSeconds * 1000);
    } else if (deletionTimestamp !== undefined && deletionGracePeriodSeconds > 0) {
      remove(this.#options.registry, resources.pods, { place: placeOf(pod), gracePeriodSeconds: 0 });
    } else if (deletionTimestamp === undefined && worker === undefined && !isEnded(pod) && !this.#stopping) {
      this.#beginOrQueue(pod, uid);
    }
  }

  #beginOrQueue(pod: Pod, uid: string): void {
    if (this.#workers.size < (this.#options.maxPods ?? defaultMaxPods)) {
      this.#begin(pod, uid);
    } else if (!this.#queue.has(uid)) {
      this.#queue.set(uid, placeOf(pod));
      const message = '0/1 nodes are available: 1 Too many pods. It starts when another one has ended.';
      this.#record(pod, { type: 'Warning', reason: 'FailedScheduling', message });
    }
  }

  #beginNext(): void {
    for (const [uid, place] of this.#queue) {
      if (this.#workers.size >= (this.#options.maxPods ?? defaultMaxPods)) {
        return;
      }
      this.#queue.delete(uid);
      const pod = find(this.#options.registry, resources.pods, place);
      if (pod !== undefined) {
        this.#onPod(pod as Pod);
      }
    }
  }

  #begin(pod: Pod, uid: string): void {
    const { registry, node, logger, restartDelays = { first: 10_000, longest: 300_000 } } = this.#options;
    const folder = podFolder(this.#pods, uid);
    const onError = (error: unknown): void =>
      logger.error({ err: error, namespace: pod.metadata.namespace, pod: pod.metadata.name }, 'Trouble with a Pod');
    const worker = new PodWorker(
      {
        registry,
        pod,
        folder,
        volumes: { registry, pod, folder, claims: this.#claims, node },
        base: baseEnvironment(this.#options),
        node,
        logs: this.logs,
        pipes: this.#pipes,
        record: this.#record,
        restartDelays,
      },
      onError,
    );
    this.#workers.set(uid, worker);
    worker.ended.then(() => this.#onEnded(worker, uid)).catch(onError);
  }

  #onEnded(worker: PodWorker, uid: string): void {
    this.#workers.delete(uid);
    const { namespace, name } = worker.pod.metadata;
    if (this.#options.registry.get(resources.pods, namespace, name)?.metadata.uid !== uid) {
      this.#removeLater(podFolder(this.#pods, uid).root);
    }
    this.#beginNext();
  }

  /** Deleted by force, or at the end of a deletion. */
  #onGone({ metadata: { uid = '' } }: Pod): void {
    const worker = this.#workers.get(uid);
    if (worker !== undefined) {
      worker.halt('deleted', 0);
      return;
    }
    this.#removeLater(podFolder(this.#pods, uid).root);
  }

  #removeLater(folder: string): void {
    const removal = removeFolder(folder)
      .catch((error: unknown) => this.#options.logger.warn({ err: error, folder }, 'A folder could not be removed'))
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const { stopGrace = 10_000 } = this.#options;
    for (const worker of this.#workers.values()) {
      const own = (worker.pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
      worker.halt('stopped', Math.min(own, stopGrace));
    }
    await Promise.all([...this.#workers.values()].map(({ ended }) => ended));
    for (const unsubscribe of this.#unsubscribe) {
      unsubscribe();
    }
    killSurvivors(this.#pods, podsOnDisk(this.#pods));
    await Promise.all(this.#removals);
    this.#pipes.close();
    this.#removeAlias();
  }
}

/** Begins to run Pods; first ends what an earlier run of the program left behind. */
export const startPodRunner = (options: PodRunnerOptions): PodRunner => new Runner(options);
