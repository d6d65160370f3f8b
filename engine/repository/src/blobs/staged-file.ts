import type { FileHandle } from 'node:fs/promises';
import type { StagedWriter } from './blob-store.ts';
import { guarded } from './storage-errors.ts';

const bufferBytes = 512 * 1024;
const spaceCheckBytes = 64 * 1024 * 1024;

export interface StagedFileDisk {
  /** Rejects when there is too little room. */
  readonly checkSpace: () => Promise<void>;
  /** Makes what was written durable. */
  readonly sync: (handle: FileHandle) => Promise<void>;
}

/**
 * Copies chunks into one buffer while the other one is being written, so that hashing and the disk overlap and chunks are
 * free for the garbage collector at once. Holds two buffers in memory, whatever the size of the file.
 */
export class StagedFile implements StagedWriter {
  readonly #handle: FileHandle;
  readonly #checkSpace: () => Promise<void>;
  readonly #sync: (handle: FileHandle) => Promise<void>;
  #accepted: number;
  #written: number;
  #filling: Buffer | undefined;
  #filled = 0;
  #spare: Buffer | undefined;
  #pending: Promise<void> = Promise.resolve();
  #failure: unknown;
  #untilSpaceCheck = spaceCheckBytes;
  #closing: Promise<void> | undefined;

  constructor(handle: FileHandle, length: number, disk: StagedFileDisk) {
    this.#handle = handle;
    this.#accepted = length;
    this.#written = length;
    this.#checkSpace = disk.checkSpace;
    this.#sync = disk.sync;
  }

  get length(): number {
    return this.#accepted;
  }

  get stored(): number {
    return this.#written;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#accepted += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      this.#filling ??= this.#takeSpare();
      const part = chunk.subarray(at, at + bufferBytes - this.#filled);
      this.#filling.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === bufferBytes) {
        await this.#handOn();
      }
    }
  }

  async flush(): Promise<void> {
    await this.#handOn();
    await this.#settle();
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    try {
      await this.flush();
      await guarded(() => this.#sync(this.#handle));
    } finally {
      this.#accepted = this.#written;
      await guarded(() => this.#handle.close());
    }
  }

  #takeSpare(): Buffer {
    const spare = this.#spare ?? Buffer.allocUnsafeSlow(bufferBytes);
    this.#spare = undefined;
    return spare;
  }

  /** Resolves when the buffer before this one is written: then there are two again. */
  async #handOn(): Promise<void> {
    const buffer = this.#filling;
    const length = this.#filled;
    this.#filling = undefined;
    this.#filled = 0;
    const before = this.#pending;
    if (buffer !== undefined) {
      this.#pending = before.then(() => this.#writeBuffer(buffer, length));
    }
    await before;
    this.#rethrow();
  }

  async #writeBuffer(buffer: Buffer, length: number): Promise<void> {
    if (this.#failure !== undefined) {
      return;
    }
    try {
      await this.#writeOut(buffer.subarray(0, length));
      this.#spare = buffer;
    } catch (error) {
      this.#failure = error;
    }
  }

  async #settle(): Promise<void> {
    await this.#pending;
    this.#rethrow();
  }

  #rethrow(): void {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
  }

  async #writeOut(bytes: Buffer): Promise<void> {
    this.#untilSpaceCheck -= bytes.length;
    if (this.#untilSpaceCheck <= 0) {
      this.#untilSpaceCheck = spaceCheckBytes;
      await this.#checkSpace();
    }
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await guarded(() => this.#handle.write(bytes, at, bytes.length - at, this.#written));
      this.#written += bytesWritten;
      at += bytesWritten;
    }
  }
}
