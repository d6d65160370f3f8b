import type { FileHandle } from 'node:fs/promises';
import type { StagedWriter } from './blob-store.ts';
import { guarded } from './storage-errors.ts';

const bufferBytes = 512 * 1024;
const spaceCheckBytes = 64 * 1024 * 1024;

/**
 * Copies chunks into one buffer while the other one is being written, so that hashing and the disk overlap and chunks are
 * free for the garbage collector at once. Holds two buffers in memory, whatever the size of the file.
 */
export class StagedFile implements StagedWriter {
  readonly #handle: FileHandle;
  readonly #checkSpace: () => Promise<void>;
  #accepted: number;
  #written: number;
  #filling: Buffer | undefined;
  #filled = 0;
  #spare: Buffer | undefined;
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
        await this.#flush();
      }
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

  #takeSpare(): Buffer {
    const spare = this.#spare ?? Buffer.allocUnsafeSlow(bufferBytes);
    this.#spare = undefined;
    return spare;
  }

  async #flush(): Promise<void> {
    await this.#settle();
    const buffer = this.#filling;
    const length = this.#filled;
    this.#filling = undefined;
    this.#filled = 0;
    if (buffer === undefined) {
      return;
    }
    this.#pending = this.#writeOut(buffer.subarray(0, length)).then(
      () => {
        this.#spare = buffer;
      },
      (error: unknown) => {
        this.#failure = error;
      },
    );
  }

  async #settle(): Promise<void> {
    await this.#pending;
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
