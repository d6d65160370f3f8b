import { mkdirSync } from 'node:fs';
import type { Pod } from '@backstay/shared';
import { timestamp } from '../clock.ts';
import { find, mutate, placeOf, remove, resources } from '../controllers/resources.ts';
import { cloneJson, sameJson } from '../json.ts';
import { type ContainerContext, ContainerRunner } from './container-runner.ts';
import { buildStatus, type PodOutcome } from './pod-status.ts';
import { removeRecords } from './process-records.ts';
import { containersOf, prepareVolumes, removeOwnVolumes, VolumeError } from './volumes.ts';
import { pause, waitForObject } from './waiting.ts';

export type Halt = 'deleted' | 'deadline' | 'stopped';

export type WorkerContext = Omit<ContainerContext, 'halted' | 'onChange'>;

/** Backstay was stopped, or died, while the Pod was at work. */
export const interrupted: PodOutcome = {
  phase: 'Failed',
  reason: 'NodeRestarted',
  message: 'Backstay was stopped while this was running',
};
const pastDeadline: PodOutcome = {
  phase: 'Failed',
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
};

const longestMountWait = 120_000;
/** A full disk takes nothing; it is asked again after this long. */
const tellAgainAfter = 1000;

/** Runs one Pod from its creation to its end. */
export class PodWorker {
  readonly pod: Pod;
  readonly #context: WorkerContext;
  readonly #halting = new AbortController();
  readonly #init: ContainerRunner[];
  readonly #containers: ContainerRunner[];
  readonly #startTime: string;
  #halt: Halt | undefined;
  #killTimer: NodeJS.Timeout | undefined;
  #outcome: PodOutcome | undefined;
  #over = false;
  #tellAgain: NodeJS.Timeout | undefined;
  readonly #onError: (error: unknown) => void;
  readonly #givingUp = new AbortController();
  /** Whether the halt has cut off something that was not at its end. */
  #cut = false;
  /** Settles when nothing of the Pod runs any more and its status says so. It never rejects. */
  readonly ended: Promise<void>;

  constructor(context: WorkerContext, onError: (error: unknown) => void) {
    const { pod } = context;
    this.pod = pod;
    this.#context = context;
    this.#onError = onError;
    this.#startTime = pod.status?.startTime ?? timestamp(new Date());
    const own = { ...context, halted: this.#halting.signal, onChange: () => this.#publish() };
    this.#init = (pod.spec.initContainers ?? []).map((container) => new ContainerRunner(own, container, true));
    this.#containers = pod.spec.containers.map((container) => new ContainerRunner(own, container, false));
    context.logs.expect(
      pod.metadata.uid ?? '',
      containersOf(pod).map(({ name }) => name),
    );
    // Not before the caller knows this worker: running announces changes of the Pod to it.
    this.ended = Promise.resolve()
      .then(() => this.#run())
      .catch(onError);
  }

  /** Ends the Pod: SIGTERM now, SIGKILL after the grace. A shorter grace later counts. */
  halt(why: Halt, graceMilliseconds: number): void {
    if (why === 'stopped') {
      this.#givingUp.abort();
    }
    if (this.#over) {
      return;
    }
    this.#halt = this.#halt === undefined || why === 'deleted' ? why : this.#halt;
    const first = !this.#halting.signal.aborted;
    this.#cut ||= first && this.#containers.some(({ status }) => status.state?.terminated === undefined);
    this.#halting.abort();
    clearTimeout(this.#killTimer);
    if (first && graceMilliseconds > 0) {
      this.#signal('SIGTERM');
    }
    // Again and again: a process may be in the making while it comes.
    const kill = (): void => {
      this.#signal('SIGKILL');
      this.#killTimer = setTimeout(kill, 500);
    };
    this.#killTimer = setTimeout(kill, graceMilliseconds);
  }

  #signal(signal: NodeJS.Signals): void {
    for (const runner of [...this.#init, ...this.#containers]) {
      runner.signal(signal);
    }
  }

  async #run(): Promise<void> {
    const uid = this.pod.metadata.uid ?? '';
    const deadline = this.#startDeadline();
    try {
      this.#publish();
      await this.#prepare();
      await this.#runContainers();
    } finally {
      clearTimeout(deadline);
      clearTimeout(this.#killTimer);
      clearTimeout(this.#tellAgain);
      this.#over = true;
      this.#context.logs.end(uid);
      await this.#finish();
    }
  }

  #startDeadline(): NodeJS.Timeout | undefined {
    const { activeDeadlineSeconds, terminationGracePeriodSeconds = 30 } = this.pod.spec;
    if (activeDeadlineSeconds === undefined) {
      return undefined;
    }
    const left = Date.parse(this.#startTime) + activeDeadlineSeconds * 1000 - Date.now();
    // The longest time that a timer can wait is 24 days.
    return setTimeout(
      () => this.halt('deadline', terminationGracePeriodSeconds * 1000),
      Math.min(Math.max(0, left), 2 ** 31 - 1),
    );
  }

  async #prepare(): Promise<void> {
    const { registry, volumes, folder, record } = this.#context;
    for (let wait = 5000; !this.#halting.signal.aborted; wait = Math.min(longestMountWait, wait * 2)) {
      try {
        mkdirSync(folder.work, { recursive: true, mode: 0o700 });
        await prepareVolumes(volumes);
        return;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        record(this.pod, { type: 'Warning', reason: 'FailedMount', message });
        if (error instanceof VolumeError) {
          const wanted = { missing: error.missing, namespace: this.pod.metadata.namespace ?? '', atMost: wait };
          await waitForObject(registry, wanted, this.#halting.signal);
        } else {
          await pause(wait, this.#halting.signal);
        }
      }
    }
  }

  async #runContainers(): Promise<void> {
    for (const runner of this.#init) {
      await runner.run();
      if (runner.status.state?.terminated?.exitCode !== 0) {
        return;
      }
    }
    await Promise.all(this.#containers.map((runner) => runner.run()));
  }

  get #hasStarted(): boolean {
    return [...this.#init, ...this.#containers].some(({ hasStarted }) => hasStarted);
  }

  #ownOutcome(): PodOutcome {
    const all = [...this.#init, ...this.#containers];
    const failed = all.some(({ status }) => status.state?.terminated?.exitCode !== 0);
    return { phase: failed ? 'Failed' : 'Succeeded' };
  }

  /** Tells how the Pod has ended, until that is written. */
  async #finish(): Promise<void> {
    // A Pod that has done nothing yet begins again at the next start.
    if (this.#halt === 'stopped' && !this.#hasStarted) {
      return;
    }
    const own = this.#ownOutcome();
    const forced = { stopped: interrupted, deadline: pastDeadline, deleted: own };
    // What was cut off has not done its work, whatever it said at its end.
    this.#outcome = this.#halt === undefined || !this.#cut ? own : forced[this.#halt];
    while (!this.#conclude() && !this.#givingUp.signal.aborted) {
      await pause(tellAgainAfter, this.#givingUp.signal);
    }
  }

  /** False when it could not be written. */
  #conclude(): boolean {
    const { registry, folder } = this.#context;
    try {
      this.#write();
      removeOwnVolumes(folder);
      removeRecords(folder);
      const place = placeOf(this.pod);
      if (find(registry, resources.pods, place)?.metadata.deletionTimestamp !== undefined) {
        remove(registry, resources.pods, { place, gracePeriodSeconds: 0 });
      }
      return true;
    } catch (error) {
      this.#onError(new Error('The end of a Pod could not be written; it is tried again', { cause: error }));
      return false;
    }
  }

  /** Tells the Pod's state; one that cannot be written now is told a little later. What runs goes on. */
  #publish(): void {
    clearTimeout(this.#tellAgain);
    try {
      this.#write();
    } catch (error) {
      this.#onError(new Error('The state of a Pod could not be written; it is tried again', { cause: error }));
      this.#tellAgain = setTimeout(() => this.#publish(), tellAgainAfter);
    }
  }

  #write(): void {
    const statuses = (runners: ContainerRunner[]) => runners.map(({ status }) => status);
    mutate(this.#context.registry, {
      resource: resources.pods,
      place: placeOf(this.pod),
      subresource: 'status',
      change: (copy) => {
        const status = buildStatus(copy as Pod, {
          init: statuses(this.#init),
          containers: statuses(this.#containers),
          startTime: this.#startTime,
          outcome: this.#outcome,
        });
        if (!sameJson(copy['status'], status)) {
          copy['status'] = cloneJson(status);
        }
      },
    });
  }
}
