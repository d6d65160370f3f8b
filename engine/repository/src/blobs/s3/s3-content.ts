import { Readable } from 'node:stream';
import { StorageError } from '../blob-store.ts';
import { retryDelay } from '../retries.ts';
import { isMissing, isTransient, toStorageError } from './s3-errors.ts';
import type { S3Requests } from './s3-requests.ts';

const highWaterMark = 256 * 1024;
const defaultStallTime = 60_000;

/** A stretch of one object. */
export interface Stretch {
  readonly key: string;
  readonly etag: string;
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
}

/** The part of each object that a range over all of them, one after the other, covers. */
export const stretchesOf = (
  objects: readonly { key: string; etag: string; bytes: number }[],
  range: { start: number; end: number },
): Stretch[] => {
  let before = 0;
  return objects.flatMap(({ key, etag, bytes }) => {
    const from = Math.max(0, range.start - before);
    const to = Math.min(bytes - 1, range.end - before);
    before += bytes;
    return from <= to ? [{ key, etag, from, to }] : [];
  });
};

/**
 * Reads stretches one after the other at the reader's pace, and goes on where a connection broke, of the same objects only.
 * Destroying it ends the connection at once.
 */
export class S3ContentStream extends Readable {
  readonly #requests: S3Requests;
  readonly #stretches: Stretch[];
  readonly #ended = new AbortController();
  readonly #stallTime: number;
  #body: Readable | undefined;
  #opening = false;
  #read = 0;
  #failures = 0;
  #watch: NodeJS.Timeout | undefined;

  constructor(requests: S3Requests, stretches: readonly Stretch[], options: { stallTime?: number } = {}) {
    super({ highWaterMark });
    this.#requests = requests;
    this.#stretches = [...stretches];
    this.#stallTime = options.stallTime ?? defaultStallTime;
  }

  override _read(): void {
    if (this.#body !== undefined) {
      this.#watchStall();
      this.#body.resume();
    } else if (!this.#opening) {
      void this.#open();
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#watch);
    this.#ended.abort();
    this.#body?.destroy();
    done(error);
  }

  async #open(): Promise<void> {
    const stretch = this.#stretches[0];
    if (stretch === undefined) {
      this.push(null);
      return;
    }
    this.#opening = true;
    try {
      const from = stretch.from + this.#read;
      this.#attach(await this.#requests.get({ ...stretch, from, signal: this.#ended.signal }), stretch);
    } catch (error) {
      await this.#broken(error);
    } finally {
      this.#opening = false;
    }
  }

  #attach(body: Readable, stretch: Stretch): void {
    body.on('error', () => undefined);
    if (this.destroyed) {
      body.destroy();
      return;
    }
    this.#body = body;
    this.#watchStall();
    body.on('data', (chunk: Buffer) => this.#take(chunk));
    body.once('close', () => {
      if (this.#body === body && !this.destroyed) {
        this.#body = undefined;
        clearTimeout(this.#watch);
        this.#next(stretch);
      }
    });
  }

  #take(chunk: Buffer): void {
    this.#read += chunk.length;
    this.#failures = 0;
    if (this.push(chunk)) {
      this.#watch?.refresh();
    } else {
      clearTimeout(this.#watch);
      this.#body?.pause();
    }
  }

  /** A silent connection is cut and made anew. Slow readers do not count. */
  #watchStall(): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#body?.destroy(), this.#stallTime);
    this.#watch.unref();
  }

  #next({ from, to }: Stretch): void {
    const wanted = to - from + 1;
    if (this.#read < wanted) {
      void this.#broken(new StorageError('failed', 'the S3 storage broke off'));
      return;
    }
    if (this.#read > wanted) {
      this.destroy(new StorageError('failed', 'the S3 storage gave more bytes than were asked for'));
      return;
    }
    this.#read = 0;
    this.#stretches.shift();
    void this.#open();
  }

  async #broken(error: unknown): Promise<void> {
    if (this.destroyed) {
      return;
    }
    const { retries } = this.#requests.options;
    this.#failures += 1;
    const cannotHelp = !(error instanceof StorageError) && !isTransient(error);
    if (cannotHelp || this.#failures >= retries.attempts) {
      const gone = isMissing(error) ? new StorageError('failed', 'the stored object is gone') : toStorageError(error);
      this.destroy(gone);
      return;
    }
    this.#opening = true;
    await retries.sleep(retryDelay(retries, this.#failures - 1));
    this.#opening = false;
    if (!this.destroyed) {
      await this.#open();
    }
  }
}
