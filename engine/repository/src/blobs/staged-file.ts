import type { FileHandle } from 'node:fs/promises';
import type { StagedWriter } from './blob-store.ts';
import { guarded } from './storage-errors.ts';

const batchBytes = 1024 * 1024;
const spaceCheckBytes = 64 * 1024 * 1024;

/**
 * Gathers chunks into batches and writes one batch while the next one comes in, so that hashing and the disk overlap.
 * Holds at most two batches in memory.
 */
export class StagedFile implements StagedWriter {
  readonly #handle: FileHandle;
  readonly #checkSpace: () => Promise<void>;
  #accepted: number;
  #written: number;
  #batch: Uint8Array[] = [];
  #batchLength = 0;
  #pending: Promise<void> = Promise.resolve();
  #failure: unknown;
  #untilSpaceCheck = spaceCheckBytes;
  #closing: Promise<void> | undefined;

  constructor(handle: FileHandle, length: number, checkSpace: () => Promise<void>) {
    this.#handle = handle;
    this.#accepted = length;
    this.#written = length;
    this.#checkSpace = checkSpace;
  }

  get length(): number {
    return this.#accepted;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#batch.push(chunk);
    this.#batchLength += chunk.length;
    this.#accepted += chunk.length;
    if (this.#batchLength >= batchBytes) {
      await this.#flush();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    try {
      await this.#flush();
      await this.#settle();
    } finally {
      this.#accepted = this.#written;
      await guarded(() => this.#handle.close());
    }
  }

  async #flush(): Promise<void> {
    await this.#settle();
    const batch = this.#batch;
    this.#batch = [];
    this.#batchLength = 0;
    this.#pending = this.#writeBatch(batch).catch((error: unknown) => {
      this.#failure = error;
    });
  }

  async #settle(): Promise<void> {
    await this.#pending;
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
  }

  async #writeBatch(batch: Uint8Array[]): Promise<void> {
    const bytes = batch.reduce((sum, chunk) => sum + chunk.length, 0);
    this.#untilSpaceCheck -= bytes;
    if (this.#untilSpaceCheck <= 0) {
      this.#untilSpaceCheck = spaceCheckBytes;
      await this.#checkSpace();
    }
    let rest = batch;
    while (rest.length > 0) {
      const { bytesWritten } = await guarded(() => this.#handle.writev(rest, this.#written));
      this.#written += bytesWritten;
      rest = skip(rest, bytesWritten);
    }
  }
}

const skip = (chunks: Uint8Array[], bytes: number): Uint8Array[] => {
  let left = bytes;
  const rest: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (left < chunk.length) {
      rest.push(left === 0 ? chunk : chunk.subarray(left));
    }
    left = Math.max(0, left - chunk.length);
  }
  return rest;
};
