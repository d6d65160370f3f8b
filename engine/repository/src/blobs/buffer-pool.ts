import { StorageError } from './blob-store.ts';

export interface BufferPoolOptions {
  readonly bufferBytes: number;
  /** All that may be in use at once, 1 or more. */
  readonly maxBuffers: number;
  /** How many may wait for one; the next is refused at once. */
  readonly maxWaiting: number;
  /** How long one may wait. Milliseconds. */
  readonly maxWait: number;
}

const busy = (): StorageError =>
  new StorageError('busy', 'the server has no memory left for another upload, try again in a moment');

const maxKept = 16;

/** A bounded number of equal buffers. Whoever takes one gives it back. */
export class BufferPool {
  readonly bufferBytes: number;
  readonly #options: BufferPoolOptions;
  readonly #free: Buffer[] = [];
  readonly #waiting: ((buffer: Buffer) => void)[] = [];
  #used = 0;

  constructor(options: BufferPoolOptions) {
    this.bufferBytes = options.bufferBytes;
    this.#options = options;
  }

  get used(): number {
    return this.#used;
  }

  /** In the order of asking. Rejects with `busy` when there is none in time. */
  take(): Promise<Buffer> {
    const buffer = this.tryTake();
    if (buffer !== undefined) {
      return Promise.resolve(buffer);
    }
    if (this.#waiting.length >= this.#options.maxWaiting) {
      return Promise.reject(busy());
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(given), 1);
        reject(busy());
      }, this.#options.maxWait);
      const given = (next: Buffer): void => {
        clearTimeout(timer);
        resolve(next);
      };
      this.#waiting.push(given);
    });
  }

  /** Undefined: there is none to spare. */
  tryTake(): Buffer | undefined {
    if (this.#used >= this.#options.maxBuffers) {
      return undefined;
    }
    this.#used += 1;
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.bufferBytes);
  }

  give(buffer: Buffer): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next(buffer);
      return;
    }
    this.#used -= 1;
    if (this.#free.length < maxKept) {
      this.#free.push(buffer);
    }
  }
}
