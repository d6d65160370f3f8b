import type { Readable } from 'node:stream';

/** Where the bytes of one upload grow before they are a version. */
export interface StagedWriter {
  /** Bytes accepted so far, also by earlier writers of the same staging. */
  readonly length: number;
  /** Of these, the bytes that are there even if this process dies now. Never less than what earlier writers stored. */
  readonly stored: number;
  /** Resolves when the next chunk may come. The chunk is copied: its memory is the caller's again then. */
  write(chunk: Uint8Array): Promise<void>;
  /** Stores early what can be stored before the end; `stored` tells how much. May run beside `write`. */
  flush(): Promise<void>;
  /** Waits for everything written; `length` then tells the truth. Idempotent. Rejects with what went wrong before. */
  close(): Promise<void>;
}

export interface BlobContent {
  readonly bytes: number;
  /** `end` is inclusive. Without a range: all of it. Destroying the stream gives everything back. */
  stream(range?: { start: number; end: number }): Readable;
  /** Needed only when `stream` was never called. Idempotent. */
  close(): Promise<void>;
}

export interface BlobEntry {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

/**
 * Keeps bytes. A key is `<collection>/<filename>`; it is written once and never again. What the old server wrote under freer
 * names (`segmentsOfKey`) can be read and deleted, but nothing new is written there. Staging has names of its own, which
 * no listing of keys shows. Rejects with a {@link StorageError}; nothing is retried.
 */
export interface BlobStore {
  /**
   * Opens staging `id` for appending at its end; a new one is empty. One writer at a time is the caller's duty; with a
   * higher `generation` than any writer before, what a writer that lost its turn still sends does no harm where the storage
   * can tell. `busy` when there is no memory for another writer now.
   */
  stage(id: string, options?: { generation?: number }): Promise<StagedWriter>;
  /** What has been staged, for reading it again. Undefined: nothing. */
  readStaged(id: string): Promise<BlobContent | undefined>;
  /** Idempotent. */
  discardStaged(id: string): Promise<void>;
  listStaged(): Promise<{ id: string; modifiedAt: Date }[]>;
  /**
   * Makes staging `id` readable as `key` and durable, at once or not at all. `exists` when the key was written before by
   * another staging; repeating it after success or a crash succeeds as long as the staging is still there.
   */
  publish(id: string, key: string): Promise<void>;
  /** Undefined: no such key. */
  open(key: string): Promise<BlobContent | undefined>;
  /** Size in bytes. Undefined: no such key. */
  size(key: string): Promise<number | undefined>;
  /** Idempotent. */
  delete(key: string): Promise<void>;
  /** Every key, in no order. Memory does not grow with their number. */
  list(): AsyncIterable<BlobEntry>;
  /** Removes what servers that died left half written before the instant and no listing shows. Safe beside running work. */
  sweep(begunBefore: Date): Promise<void>;
  /** Writes, reads and deletes a probe; rejects when that fails. */
  check(): Promise<void>;
}

export type StorageFailure = 'busy' | 'full' | 'exists' | 'invalid-key' | 'failed';

/** What the storage could not do, in words that may go to a client: no paths. */
export class StorageError extends Error {
  readonly failure: StorageFailure;

  constructor(failure: StorageFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StorageError';
    this.failure = failure;
  }
}
