import { createCipheriv } from 'node:crypto';
import { once } from 'node:events';
import { type MessagePort, Worker } from 'node:worker_threads';

/**
 * AES-256-CFB with a zero vector over the pieces in the order in which they are given. A piece belongs to the cipher from the
 * call on, and must own its whole memory. Calls may overlap; results come in order.
 */
export interface CfbCipher {
  encrypt(piece: Buffer): Promise<Buffer>;
  close(): Promise<void>;
}

const algorithm = 'aes-256-cfb';

class InlineCipher implements CfbCipher {
  readonly #cipher;

  constructor(key: Uint8Array) {
    this.#cipher = createCipheriv(algorithm, key, Buffer.alloc(16));
  }

  encrypt(piece: Buffer): Promise<Buffer> {
    return Promise.resolve(this.#cipher.update(piece));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

interface CipherWorkerModules {
  readonly createCipheriv: typeof createCipheriv;
  readonly parentPort: MessagePort | null;
  readonly workerData: { readonly key: Uint8Array };
}

/**
 * Runs in the worker, from its own source text: so the client stays one file however it is bundled. It may use nothing but its
 * argument and globals.
 */
const serveCipher = ({ createCipheriv, parentPort, workerData }: CipherWorkerModules): void => {
  const cipher = createCipheriv('aes-256-cfb', workerData.key, new Uint8Array(16));
  parentPort?.on('message', (piece: Uint8Array) => {
    const encrypted = cipher.update(piece);
    parentPort.postMessage(encrypted, [encrypted.buffer as ArrayBuffer]);
  });
};

const workerSource = `(${serveCipher.toString()})({ ...require('node:crypto'), ...require('node:worker_threads') })`;

interface Waiter {
  resolve(encrypted: Buffer): void;
  reject(error: Error): void;
}

class WorkerCipher implements CfbCipher {
  readonly #worker: Worker;
  readonly #waiting: Waiter[] = [];
  #broken: Error | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (encrypted: Uint8Array) => {
      this.#waiting.shift()?.resolve(Buffer.from(encrypted.buffer, encrypted.byteOffset, encrypted.byteLength));
    });
    worker.on('error', (error: Error) => this.#fail(error));
    worker.on('exit', () => this.#fail(new Error('the encryption thread ended')));
  }

  encrypt(piece: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#broken) return reject(this.#broken);
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(piece, [piece.buffer as ArrayBuffer]);
    });
  }

  async close(): Promise<void> {
    this.#broken ??= new Error('the cipher is closed');
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#broken ??= error;
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
  }
}

/** In a thread of its own, because CFB cannot be parallelised; on this thread where no other can be had. */
export const openCfbCipher = async (key: Uint8Array): Promise<CfbCipher> => {
  try {
    const worker = new Worker(workerSource, { eval: true, workerData: { key }, env: {}, execArgv: [], argv: [] });
    await once(worker, 'online');
    return new WorkerCipher(worker);
  } catch {
    return new InlineCipher(key);
  }
};

export const openInlineCfbCipher = (key: Uint8Array): CfbCipher => new InlineCipher(key);
