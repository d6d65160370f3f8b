import type { ClientExitName } from '@backstay/shared/rules/client-exit-codes';
import type { JobStage } from '@backstay/shared/rules/job-log';
import { asFailure, Failure, type Interrupted } from './failure.ts';
import type { Bytes } from './openpgp/bytes.ts';

/**
 * One run of a command: the first thing that goes wrong, or a signal from outside, aborts all of it.
 * `signal.reason` is then a Failure or an Interrupted.
 */
export class Operation {
  readonly #controller = new AbortController();
  readonly #idleMilliseconds: number;
  #waitingFor: JobStage | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param idleSeconds 0: waits for ever */
  constructor(idleSeconds: number) {
    this.#idleMilliseconds = idleSeconds * 1000;
    this.#arm();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something moved; from now on that stage is the one that is waited for. */
  touch(stage: JobStage): void {
    this.#waitingFor = stage;
    this.#timer?.refresh();
  }

  /** Something moved ahead of the stage that is waited for. */
  moved(): void {
    this.#timer?.refresh();
  }

  abort(reason: Failure | Interrupted): void {
    this.#controller.abort(reason);
  }

  /** Rejects as soon as the operation is aborted, else settles as the work does. */
  async guard<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    // Whoever is told of the abort does not hear of the work any more.
    work.catch(() => undefined);
    signal.throwIfAborted();
    let stop = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([work, aborted]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** What to report: the first cause, when there is one, explains every error that follows from it. */
  causeOf(error: unknown): unknown {
    return this.signal.aborted ? this.signal.reason : error;
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    if (this.#idleMilliseconds <= 0) return;
    this.#timer = setTimeout(() => this.abort(this.#idleFailure()), this.#idleMilliseconds);
  }

  #idleFailure(): Failure {
    const seconds = this.#idleMilliseconds / 1000;
    const stage = this.#waitingFor;
    const waiting = `while waiting for the ${stage ?? 'repository'}`;
    return new Failure('idleTimeout', `nothing moved for ${seconds} s ${waiting}`, stage ? { stage } : {});
  }
}

/** Reads a source until the operation is aborted, also while the source is silent. */
export async function* interruptible(source: Bytes, operation: Operation): AsyncGenerator<Buffer> {
  const pieces = source[Symbol.asyncIterator]();
  let waiting = false;
  try {
    for (;;) {
      waiting = true;
      const next = await operation.guard(pieces.next());
      waiting = false;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // A source that still waits for its next piece cannot return before it came.
    const returned = pieces.return?.();
    if (waiting) returned?.catch(() => undefined);
    else await returned;
  }
}

/** A source of which every piece counts as a move, also while it is only collected. */
export async function* moving(source: Bytes, operation: Operation): AsyncGenerator<Buffer> {
  for await (const piece of source) {
    operation.moved();
    yield piece;
  }
}

/** Gives errors of a source, which are not classified yet, their kind and stage. */
export async function* failingAs(source: Bytes, kind: ClientExitName, stage: JobStage): AsyncGenerator<Buffer> {
  try {
    yield* source;
  } catch (error) {
    throw asFailure(error, kind, stage);
  }
}
