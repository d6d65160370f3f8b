import { createCipheriv, createHash } from 'node:crypto';
import type { MessagePort } from 'node:worker_threads';
import { WorkerCalls } from './worker-calls.ts';
import { xorWords } from './xor-words.ts';

/**
 * AES-256-CFB with a zero vector, and modification detection, over the pieces in the order in which they are given. The cipher
 * text takes the place of the plain text: a piece belongs to the sealer until its promise is settled, and must own its memory.
 * Calls may overlap; results come in order.
 */
export interface Sealer {
  /** The length must be a multiple of 16. */
  seal(piece: Buffer): Promise<Buffer>;
  /** The last piece, of any length; what comes back has the modification detection packet at its end. */
  finish(piece: Buffer): Promise<Buffer>;
  close(): Promise<void>;
}

interface Work {
  readonly piece: Uint8Array;
  readonly last: boolean;
}

type SealPiece = (work: Work) => Uint8Array;

interface Tools {
  readonly createCipheriv: typeof createCipheriv;
  readonly createHash: typeof createHash;
  readonly xorWords: typeof xorWords;
}

/**
 * Makes the function that does the work. It may use nothing but its arguments and globals, because the worker gets it as source
 * text: so the client stays one file however it is bundled.
 *
 * CFB of P is P xor (CBC of P, moved on by one block): the same bytes, and OpenSSL has CBC in assembly only, which makes it half as fast again.
 */
const createSealPiece = ({ createCipheriv, createHash, xorWords }: Tools, key: Uint8Array): SealPiece => {
  const block = 16;
  const first = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(new Uint8Array(block));
  const chain = createCipheriv('aes-256-cbc', key, first).setAutoPadding(false);
  const hash = createHash('sha1');
  let carry: Uint8Array = first;

  const encryptWindow = (piece: Uint8Array): void => {
    const stream = chain.update(piece);
    xorWords(piece.subarray(0, block), carry);
    xorWords(piece.subarray(block), stream.subarray(0, stream.byteLength - block));
    carry = new Uint8Array(stream.subarray(stream.byteLength - block));
    // Newer versions of Node only: gives the memory back without waiting for the garbage collector.
    if ('transfer' in stream.buffer) stream.buffer.transfer(0);
  };

  // What OpenSSL writes comes from the allocator, which asks the kernel for large pieces: that costs more than the cipher.
  const window = 64 * 1024;
  const encrypt = (piece: Uint8Array): void => {
    for (let from = 0; from < piece.byteLength; from += window) encryptWindow(piece.subarray(from, from + window));
  };

  const withDetection = (piece: Uint8Array): Uint8Array => {
    const whole = new Uint8Array(piece.byteLength + 22);
    whole.set(piece);
    whole.set([0xd3, 0x14], piece.byteLength);
    hash.update(whole.subarray(0, piece.byteLength + 2));
    whole.set(hash.digest(), piece.byteLength + 2);
    return whole;
  };

  return ({ piece, last }) => {
    if (!last) {
      hash.update(piece);
      encrypt(piece);
      return piece;
    }
    const whole = withDetection(piece);
    const rest = whole.byteLength % block;
    const padded = new Uint8Array(whole.byteLength - rest + block);
    padded.set(whole);
    encrypt(padded);
    return padded.slice(0, whole.byteLength);
  };
};

class InlineSealer implements Sealer {
  readonly #sealPiece: SealPiece;

  constructor(key: Uint8Array) {
    this.#sealPiece = createSealPiece({ createCipheriv, createHash, xorWords }, key);
  }

  async seal(piece: Buffer): Promise<Buffer> {
    return await Promise.resolve(asBuffer(this.#sealPiece({ piece, last: false })));
  }

  async finish(piece: Buffer): Promise<Buffer> {
    return await Promise.resolve(asBuffer(this.#sealPiece({ piece, last: true })));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

interface WorkerTools extends Tools {
  readonly parentPort: MessagePort | null;
  readonly workerData: { readonly key: Uint8Array };
}

const serveSealer = (create: typeof createSealPiece, tools: WorkerTools): void => {
  const { parentPort, workerData } = tools;
  const sealPiece = create(tools, workerData.key);
  parentPort?.on('message', (work: Work) => {
    const sealed = sealPiece(work);
    parentPort.postMessage(sealed, [sealed.buffer as ArrayBuffer]);
  });
};

// By name: some of what these modules export takes long to load.
const toolsText = `(({ createCipheriv, createHash }, { parentPort, workerData }) => ({ createCipheriv, createHash, parentPort, workerData, xorWords: ${xorWords.toString()} }))(require('node:crypto'), require('node:worker_threads'))`;
const workerText = `(${serveSealer.toString()})(${createSealPiece.toString()}, ${toolsText})`;

class WorkerSealer implements Sealer {
  readonly #calls: WorkerCalls<Work, Uint8Array>;

  constructor(calls: WorkerCalls<Work, Uint8Array>) {
    this.#calls = calls;
  }

  async seal(piece: Buffer): Promise<Buffer> {
    return asBuffer(await this.#calls.send({ piece, last: false }));
  }

  async finish(piece: Buffer): Promise<Buffer> {
    return asBuffer(await this.#calls.send({ piece, last: true }));
  }

  close(): Promise<void> {
    return this.#calls.close();
  }
}

/** In a thread of its own, because encrypting with CFB cannot be parallelised; on this thread where no other can be had. */
export const openSealer = async (key: Uint8Array): Promise<Sealer> => {
  try {
    return new WorkerSealer(await WorkerCalls.start('encryption', { text: workerText, workerData: { key } }));
  } catch {
    return new InlineSealer(key);
  }
};

export const openInlineSealer = (key: Uint8Array): Sealer => new InlineSealer(key);
