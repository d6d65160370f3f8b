import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createKeyedMutex, type KeyedMutex } from '@backstay/shared';
import type { Logger } from 'pino';
import type { TurnStore } from '../metadata/turns.ts';
import { UploadError } from './upload-errors.ts';

/** Milliseconds. A server that died blocks an upload for a lease; one that lives gives way at a heartbeat. */
const defaultTimes = { lease: 30_000, heartbeat: 5000, wait: 40_000, poll: 200 };

/** The right to work on one upload, among all servers. */
export interface Turn {
  /** Higher with every turn. Undefined: this server is the only one. */
  readonly number: number | undefined;
  /** Throws when another server may have the turn by now. Costs nothing. */
  assert(): void;
  /** Makes sure in the database that it is still this server's, for a lease from now. Rejects when it is not. */
  confirm(): Promise<void>;
}

export interface UploadTurnsOptions {
  /** Undefined: this server is the only one. */
  readonly store: TurnStore | undefined;
  readonly logger: Logger;
  readonly times?: Partial<typeof defaultTimes>;
}

const lost = (): UploadError => new UploadError('cancelled', 'another server continues this upload');

const alone: Turn = { number: undefined, assert: () => undefined, confirm: () => Promise.resolve() };

/** Runs work on one upload after each other: in this process, and among all servers that share the database. */
export class UploadTurns {
  readonly #options: UploadTurnsOptions;
  readonly #times: typeof defaultTimes;
  readonly #mutex: KeyedMutex = createKeyedMutex();

  constructor(options: UploadTurnsOptions) {
    this.#options = options;
    this.#times = { ...defaultTimes, ...options.times };
  }

  /** Whether this server works on it. */
  isHeld(id: string): boolean {
    return this.#mutex.isHeld(id);
  }

  /** Waits for its turn, and asks whoever has it; `busy` when that takes too long. `onWanted`: somebody else waits. */
  run<T>(id: string, work: (turn: Turn) => Promise<T>, onWanted?: () => void): Promise<T> {
    return this.#mutex.run(id, async () => {
      const { store } = this.#options;
      if (store === undefined) {
        return await work(alone);
      }
      const owner = randomUUID();
      const number = await this.#take(store, id, owner);
      return await this.#within({ store, id, owner, number }, work, onWanted);
    });
  }

  /** Undefined, at once: somebody else works on it. */
  async tryRun<T>(id: string, work: (turn: Turn) => Promise<T>): Promise<{ value: T } | undefined> {
    if (this.#mutex.isHeld(id)) {
      return undefined;
    }
    return await this.#mutex.run(id, async () => {
      const { store } = this.#options;
      if (store === undefined) {
        return { value: await work(alone) };
      }
      const owner = randomUUID();
      const number = await store.take(id, owner, this.#times.lease);
      return number === undefined ? undefined : { value: await this.#within({ store, id, owner, number }, work) };
    });
  }

  async #take(store: TurnStore, id: string, owner: string): Promise<number> {
    const end = performance.now() + this.#times.wait;
    for (;;) {
      const number = await store.take(id, owner, this.#times.lease);
      if (number !== undefined) {
        return number;
      }
      if (performance.now() > end) {
        throw new UploadError('busy', 'another server works on this upload');
      }
      await store.ask(id);
      await delay(this.#times.poll);
    }
  }

  async #within<T>(
    place: { store: TurnStore; id: string; owner: string; number: number },
    work: (turn: Turn) => Promise<T>,
    onWanted?: () => void,
  ): Promise<T> {
    const { store, id, owner, number } = place;
    const { lease, heartbeat } = this.#times;
    let validUntil = performance.now() + lease;
    const renew = async (): Promise<void> => {
      const asked = performance.now();
      const renewed = await store.renew(id, owner, lease);
      validUntil = renewed === undefined ? Number.NEGATIVE_INFINITY : asked + lease;
      if (renewed?.wanted !== false) {
        onWanted?.();
      }
    };
    const beat = setInterval(() => {
      renew().catch((error: unknown) =>
        this.#options.logger.error({ err: error, upload: id }, 'a turn was not renewed'),
      );
      if (performance.now() > validUntil) {
        onWanted?.();
      }
    }, heartbeat);
    const assert = (): void => {
      if (performance.now() > validUntil) {
        throw lost();
      }
    };
    const confirm = async (): Promise<void> => {
      await renew();
      assert();
    };
    try {
      return await work({ number, assert, confirm });
    } finally {
      clearInterval(beat);
      await this.#release(place);
    }
  }

  async #release({ store, id, owner }: { store: TurnStore; id: string; owner: string }): Promise<void> {
    try {
      await store.release(id, owner);
    } catch (error) {
      this.#options.logger.error({ err: error, upload: id }, 'a turn was not given back, it ends by itself');
    }
  }
}
