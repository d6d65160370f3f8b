import { setTimeout as delay } from 'node:timers/promises';

/** `done`: nothing more to do until something changes. `retry`: something outside is missing; look again after a while. */
export type Outcome = 'done' | 'retry';

export interface Backoff {
  baseMs: number;
  capMs: number;
}

/** Keys by what becomes of them next. */
export interface QueueDepth {
  ready: number;
  running: number;
  delayed: number;
}

export interface WorkQueueOptions {
  work(key: string): Promise<Outcome>;
  onError(key: string, error: unknown): void;
  /** Keys worked on at once. */
  concurrency: number;
  /** After an exception. */
  failure?: Backoff;
  /** After `retry`. */
  missing?: Backoff;
  random?: () => number;
}

/**
 * Works on keys, each by one worker at a time, several keys at once. A key that is added while it is worked on is worked on
 * again afterwards. One key's failure delays that key alone.
 */
export interface WorkQueue {
  /** A key that waits for a retry is worked on at once when it is added without a delay. */
  add(key: string, delayMs?: number): void;
  /** Forgets the failures and the retry of a key whose object is gone. */
  forget(key: string): void;
  resume(): void;
  depth(): QueueDepth;
  /** Milliseconds that the longest work in progress has taken so far. */
  longestMs(): number;
  /** Nothing new is begun. Resolves when no work is in progress. */
  pause(): Promise<void>;
  stop(): Promise<void>;
}

const defaultFailure: Backoff = { baseMs: 1_000, capMs: 60_000 };
const defaultMissing: Backoff = { baseMs: 5_000, capMs: 300_000 };

/** A pause doubles with every failure in a row; the spread keeps keys that failed together from coming back together. */
const pauseAfter = ({ baseMs, capMs }: Backoff, failures: number, random: number): number =>
  Math.min(baseMs * 2 ** Math.min(failures, 20), capMs) * (1 + random / 4);

class KeyedQueue implements WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #ready = new Set<string>();
  /** Key -> when its work began. */
  readonly #running = new Map<string, number>();
  readonly #again = new Set<string>();
  readonly #timers = new Map<string, { timer: NodeJS.Timeout; due: number }>();
  readonly #failures = new Map<string, number>();
  #paused = true;
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  add(key: string, delayMs = 0): void {
    if (this.#stopped) {
      return;
    }
    if (delayMs > 0) {
      if (!this.#ready.has(key)) {
        this.#later(key, delayMs);
      }
      return;
    }
    this.#cancelTimer(key);
    (this.#running.has(key) ? this.#again : this.#ready).add(key);
    this.#pump();
  }

  forget(key: string): void {
    this.#cancelTimer(key);
    this.#failures.delete(key);
  }

  resume(): void {
    this.#paused = false;
    this.#pump();
  }

  depth(): QueueDepth {
    return { ready: this.#ready.size, running: this.#running.size, delayed: this.#timers.size };
  }

  longestMs(): number {
    return this.#running.size === 0 ? 0 : performance.now() - Math.min(...this.#running.values());
  }

  pause(): Promise<void> {
    this.#paused = true;
    return this.#drained();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    for (const key of [...this.#timers.keys()]) {
      this.#cancelTimer(key);
    }
    return this.#drained();
  }

  async #drained(): Promise<void> {
    while (this.#running.size > 0) {
      await delay(10);
    }
  }

  #cancelTimer(key: string): void {
    clearTimeout(this.#timers.get(key)?.timer);
    this.#timers.delete(key);
  }

  #later(key: string, ms: number): void {
    const due = performance.now() + ms;
    const planned = this.#timers.get(key);
    if (planned !== undefined && planned.due <= due) {
      return;
    }
    this.#cancelTimer(key);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.add(key);
    }, ms);
    this.#timers.set(key, { timer, due });
  }

  #pump(): void {
    for (const key of this.#ready) {
      if (this.#paused || this.#stopped || this.#running.size >= this.#options.concurrency) {
        return;
      }
      this.#ready.delete(key);
      this.#running.set(key, performance.now());
      void this.#perform(key);
    }
  }

  async #perform(key: string): Promise<void> {
    let outcome: Outcome | 'failure' = 'failure';
    try {
      outcome = await this.#options.work(key);
    } catch (error) {
      this.#options.onError(key, error);
    }
    this.#running.delete(key);
    if (outcome === 'done') {
      this.#failures.delete(key);
    } else if (!this.#again.has(key) && !this.#stopped) {
      this.#retry(key, outcome);
    }
    if (this.#again.delete(key)) {
      this.add(key);
    }
    this.#pump();
  }

  #retry(key: string, outcome: 'failure' | 'retry'): void {
    const { failure = defaultFailure, missing = defaultMissing, random = Math.random } = this.#options;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#later(key, pauseAfter(outcome === 'failure' ? failure : missing, failures, random()));
  }
}

export const createWorkQueue = (options: WorkQueueOptions): WorkQueue => new KeyedQueue(options);
