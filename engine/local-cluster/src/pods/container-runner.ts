import { rmSync } from 'node:fs';
import type { Container, ContainerState, ContainerStatus, Pod } from '@backstay/shared';
import { timestamp } from '../clock.ts';
import type { RecordEvent } from '../controllers/event-recorder.ts';
import type { Registry } from '../registry/registry.ts';
import { ConfigError } from './config-error.ts';
import { ContainerLog } from './container-log.ts';
import { type ContainerProcess, type ProcessOptions, StartError, startProcess } from './container-process.ts';
import { buildEnvironment } from './environment.ts';
import { expandVariables } from './expand-variables.ts';
import type { LogBook } from './log-book.ts';
import type { PipeStock } from './pipe-stock.ts';
import type { PodFolder } from './pod-folder.ts';
import { waitingStatus } from './pod-status.ts';
import { writeRecord } from './process-records.ts';
import { podMarker } from './process-table.ts';
import { createRewriter } from './rewrite-paths.ts';
import { mappingsOf, type VolumesContext } from './volumes.ts';
import { pause, waitForObject } from './waiting.ts';

export interface RestartDelays {
  first: number;
  longest: number;
}

export interface ContainerContext {
  registry: Registry;
  pod: Pod;
  folder: PodFolder;
  volumes: VolumesContext;
  base: ReadonlyMap<string, string>;
  node: string;
  logs: LogBook;
  pipes: PipeStock;
  record: RecordEvent;
  restartDelays: RestartDelays;
  /** The Pod is to end: nothing is started any more. */
  halted: AbortSignal;
  /** The container's status has changed. */
  onChange(): void;
}

const longRun = 600_000;
const longestConfigWait = 120_000;

const noCommand =
  'the container has no command: images do not run on this machine, so a container needs "command" (and "args")';

/** Runs one container of a Pod, again and again as the Pod's restartPolicy says. */
export class ContainerRunner {
  readonly status: ContainerStatus;
  readonly #context: ContainerContext;
  readonly #container: Container;
  readonly #init: boolean;
  #process: ContainerProcess | undefined;
  /** Whether any process was ever started. */
  hasStarted = false;

  constructor(context: ContainerContext, container: Container, init: boolean) {
    this.#context = context;
    this.#container = container;
    this.#init = init;
    this.status = waitingStatus(
      container,
      init || !context.pod.spec.initContainers?.length ? 'ContainerCreating' : 'PodInitializing',
    );
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#process !== undefined && signal === 'SIGTERM') {
      this.#context.record(this.#context.pod, { reason: 'Killing', message: `Stopping container ${this.status.name}` });
    }
    this.#process?.signal(signal);
  }

  /** Settles when the container has ended for good, or at the end of its run when the Pod is halted. */
  async run(): Promise<void> {
    const { halted, restartDelays } = this.#context;
    let delay = 0;
    while (!halted.aborted) {
      const began = Date.now();
      await this.#runOnce();
      if (halted.aborted || !this.#runsAgain()) {
        return;
      }
      delay = Date.now() - began >= longRun ? 0 : delay;
      await this.#backOff(delay);
      delay = Math.min(restartDelays.longest, Math.max(restartDelays.first, delay * 2));
    }
  }

  #runsAgain(): boolean {
    const policy = this.#context.pod.spec.restartPolicy ?? 'Always';
    const failed = this.status.state?.terminated?.exitCode !== 0;
    return policy === 'Always' && !this.#init ? true : policy !== 'Never' && failed;
  }

  async #backOff(delay: number): Promise<void> {
    const { halted, pod, record } = this.#context;
    const ended = this.status.state;
    if (delay > 0) {
      const message = `back-off ${Math.round(delay / 1000)}s restarting failed container=${this.status.name} pod=${pod.metadata.name}`;
      record(pod, { type: 'Warning', reason: 'BackOff', message });
      this.status.lastState = ended;
      this.#setState({ waiting: { reason: 'CrashLoopBackOff', message } });
      await pause(delay, halted);
    }
    if (halted.aborted) {
      this.#setState(ended ?? {});
      return;
    }
    this.status.lastState = ended;
    this.status.restartCount += 1;
  }

  #setState(state: ContainerState): void {
    this.status.state = state;
    this.status.started = state.running !== undefined;
    this.status.ready = this.#init ? state.terminated?.exitCode === 0 : state.running !== undefined;
    this.#context.onChange();
  }

  async #runOnce(): Promise<void> {
    const { folder } = this.#context;
    const startedAt = timestamp(new Date());
    const log = new ContainerLog(folder.logs(this.status.name, this.status.restartCount));
    try {
      // The last run and the one before it keep their logs.
      rmSync(folder.logs(this.status.name, this.status.restartCount - 2), { recursive: true, force: true });
      const options = await this.#configure(log);
      if (options === undefined) {
        return;
      }
      this.#process = await startProcess(options);
      this.#announceStart(log);
      this.#terminated(await this.#process.ended, startedAt);
    } catch (error) {
      this.#failedToStart(error, startedAt);
    } finally {
      this.#process = undefined;
      await log.close().catch(() => undefined);
    }
  }

  #announceStart(log: ContainerLog): void {
    const { logs, pod, record, halted } = this.#context;
    this.hasStarted = true;
    this.status.containerID = `local://${pod.metadata.uid ?? ''}/${this.status.name}/${this.status.restartCount}`;
    logs.begin(pod.metadata.uid ?? '', this.status.name, log);
    this.#setState({ running: { startedAt: timestamp(new Date()) } });
    record(pod, { reason: 'Started', message: `Started container ${this.status.name}` });
    if (halted.aborted) {
      this.signal('SIGTERM');
    }
  }

  #terminated({ exitCode, signal }: { exitCode: number; signal?: number }, startedAt: string): void {
    this.#setState({
      terminated: {
        exitCode,
        ...(signal === undefined ? {} : { signal }),
        reason: exitCode === 0 ? 'Completed' : 'Error',
        startedAt,
        finishedAt: timestamp(new Date()),
        ...(this.status.containerID === undefined ? {} : { containerID: this.status.containerID }),
      },
    });
  }

  #failedToStart(error: unknown, startedAt: string): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#context.record(this.#context.pod, { type: 'Warning', reason: 'Failed', message: `Error: ${message}` });
    const finishedAt = timestamp(new Date());
    const reason = error instanceof StartError ? 'StartError' : 'ContainerCannotRun';
    this.#setState({ terminated: { exitCode: 128, reason, message, startedAt, finishedAt } });
  }

  /** What to start; waits while something that it names is missing. Undefined: the Pod was halted meanwhile. */
  async #configure(log: ContainerLog): Promise<ProcessOptions | undefined> {
    const { halted, registry, pod, record } = this.#context;
    for (let wait = 10_000; !halted.aborted; wait = Math.min(longestConfigWait, wait * 2)) {
      try {
        return this.#options(log);
      } catch (error) {
        if (!(error instanceof ConfigError)) {
          throw error;
        }
        this.#setState({ waiting: { reason: 'CreateContainerConfigError', message: error.message } });
        record(pod, { type: 'Warning', reason: 'Failed', message: `Error: ${error.message}` });
        const wanted = { missing: error.waitsFor, namespace: pod.metadata.namespace ?? '', atMost: wait };
        await waitForObject(registry, wanted, halted);
      }
    }
    return undefined;
  }

  #options(log: ContainerLog): ProcessOptions {
    const { registry, pod, node, base, volumes, folder, pipes } = this.#context;
    const container = this.#container;
    const rewrite = createRewriter(mappingsOf(volumes, container));
    const environment = buildEnvironment({ registry, pod, container, node, base, rewrite });
    const text = (value: string): string => rewrite(expandVariables(value, environment));
    if (!container.command?.length) {
      throw new StartError(noCommand);
    }
    environment.set(podMarker, pod.metadata.uid ?? '');
    return {
      command: [...container.command, ...(container.args ?? [])].map(text),
      workingDirectory: container.workingDir === undefined ? folder.work : text(container.workingDir),
      environment,
      pipes,
      onCreated: (created) => writeRecord(folder, container.name, created),
      onOutput: (stream, output) => log.keep(stream, output),
    };
  }
}
