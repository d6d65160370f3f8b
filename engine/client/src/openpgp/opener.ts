import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import type { MessagePort } from 'node:worker_threads';
import type { SymmetricCipher } from './ciphers.ts';
import { WorkerCalls } from './worker-calls.ts';
import { xorWords } from './xor-words.ts';

/**
 * Deciphers CFB with a zero vector over pieces in the order in which they are given, and makes the SHA-1 of modification detection.
 * The plain text takes the place of the cipher text: a piece belongs to the opener until its promise is settled, and must own its
 * memory. Calls may overlap; results come in order.
 */
export interface Opener {
  /** The length must be a multiple of 16, and not 0. */
  open(piece: Buffer): Promise<Buffer>;
  /** The last piece, of any length. */
  finish(piece: Buffer): Promise<LastPiece>;
  close(): Promise<void>;
}

export interface LastPiece {
  readonly plain: Buffer;
  /** SHA-1 of all plain bytes but the last 20, which should be the same. */
  readonly detection: Buffer;
}

export interface OpenerKey {
  readonly cipher: SymmetricCipher;
  readonly key: Uint8Array;
}

interface Work {
  readonly piece: Uint8Array;
  readonly last: boolean;
}

interface Done {
  readonly piece: Uint8Array;
  readonly detection?: Uint8Array;
}

type OpenPiece = (work: Work) => Done;

interface Tools {
  readonly createCipheriv: typeof createCipheriv;
  readonly createDecipheriv: typeof createDecipheriv;
  readonly createHash: typeof createHash;
  readonly xorWords: typeof xorWords;
}

/**
 * Makes the function that does the work. It may use nothing but its arguments and globals, because the worker gets it as source
 * text: so the client stays one file however it is bundled.
 *
 * CFB needs, for each block, only the cipher text before it: so the key stream of a whole window is made in one ECB call, which a
 * processor runs several times faster than the serial CFB of OpenSSL.
 */
const createOpenPiece = (tools: Tools, { cipher, key }: OpenerKey): OpenPiece => {
  const { createCipheriv, createDecipheriv, createHash, xorWords } = tools;
  const detectionLength = 20;
  const hash = createHash('sha1');
  /** The last bytes so far: they are hashed when more come, because the detection does not cover itself. */
  let unhashed: Uint8Array = new Uint8Array(0);

  const digest = (plain: Uint8Array): void => {
    if (plain.byteLength < detectionLength) {
      const joined = Buffer.concat([unhashed, plain]);
      const end = Math.max(0, joined.byteLength - detectionLength);
      hash.update(joined.subarray(0, end));
      unhashed = joined.subarray(end);
      return;
    }
    hash.update(unhashed);
    const end = plain.byteLength - detectionLength;
    hash.update(plain.subarray(0, end));
    unhashed = plain.slice(end);
  };

  const serial = (): ((piece: Uint8Array) => void) => {
    const decipher = createDecipheriv(cipher.cfb, key, new Uint8Array(cipher.blockSize));
    return (piece) => piece.set(decipher.update(piece));
  };

  const parallel = (name: string): ((piece: Uint8Array) => void) => {
    const block = 16;
    const ecb = createCipheriv(name, key, null).setAutoPadding(false);
    // Fits into the cache of a core together with its key stream.
    const window = 64 * 1024;
    /** One block of what came before, then the cipher text of the window. */
    const input = new Uint8Array(block + window);
    const decipherWindow = (piece: Uint8Array): void => {
      const whole = piece.byteLength - (piece.byteLength % block);
      input.set(piece, block);
      const stream = ecb.update(input.subarray(0, whole === piece.byteLength ? whole : whole + block));
      xorWords(piece.subarray(0, whole), stream.subarray(0, whole));
      for (let at = whole; at < piece.byteLength; at++) piece[at] = (piece[at] as number) ^ (stream[at] as number);
      input.copyWithin(0, whole, whole + block);
      // Newer versions of Node only: gives the memory back without waiting for the garbage collector.
      if (stream.byteLength === stream.buffer.byteLength && 'transfer' in stream.buffer) stream.buffer.transfer(0);
    };
    return (piece) => {
      for (let from = 0; from < piece.byteLength; from += window) decipherWindow(piece.subarray(from, from + window));
    };
  };

  const decipher = cipher.ecb === undefined ? serial() : parallel(cipher.ecb);
  return ({ piece, last }) => {
    decipher(piece);
    digest(piece);
    return last ? { piece, detection: new Uint8Array(hash.digest()) } : { piece };
  };
};

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const lastPiece = ({ piece, detection = new Uint8Array(0) }: Done): LastPiece => ({
  plain: asBuffer(piece),
  detection: asBuffer(detection),
});

class InlineOpener implements Opener {
  readonly #openPiece: OpenPiece;

  constructor(key: OpenerKey) {
    this.#openPiece = createOpenPiece({ createCipheriv, createDecipheriv, createHash, xorWords }, key);
  }

  async open(piece: Buffer): Promise<Buffer> {
    return await Promise.resolve(asBuffer(this.#openPiece({ piece, last: false }).piece));
  }

  async finish(piece: Buffer): Promise<LastPiece> {
    return await Promise.resolve(lastPiece(this.#openPiece({ piece, last: true })));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

interface WorkerTools extends Tools {
  readonly parentPort: MessagePort | null;
  readonly workerData: OpenerKey;
}

const serveOpener = (create: typeof createOpenPiece, tools: WorkerTools): void => {
  const { parentPort, workerData } = tools;
  const openPiece = create(tools, workerData);
  parentPort?.on('message', (work: Work) => {
    const done = openPiece(work);
    parentPort.postMessage(done, [done.piece.buffer as ArrayBuffer]);
  });
};

// By name: some of what these modules export takes long to load.
const toolsText = `(({ createCipheriv, createDecipheriv, createHash }, { parentPort, workerData }) => ({ createCipheriv, createDecipheriv, createHash, parentPort, workerData, xorWords: ${xorWords.toString()} }))(require('node:crypto'), require('node:worker_threads'))`;
const workerText = `(${serveOpener.toString()})(${createOpenPiece.toString()}, ${toolsText})`;

class WorkerOpener implements Opener {
  readonly #calls: WorkerCalls<Work, Done>;

  constructor(calls: WorkerCalls<Work, Done>) {
    this.#calls = calls;
  }

  async open(piece: Buffer): Promise<Buffer> {
    return asBuffer((await this.#calls.send({ piece, last: false })).piece);
  }

  async finish(piece: Buffer): Promise<LastPiece> {
    return lastPiece(await this.#calls.send({ piece, last: true }));
  }

  close(): Promise<void> {
    return this.#calls.close();
  }
}

/** In a thread of its own, so that the other one only moves bytes; on this thread where no other can be had. */
export const openOpener = async ({ cipher, key }: OpenerKey): Promise<Opener> => {
  try {
    return new WorkerOpener(await WorkerCalls.start('decryption', { text: workerText, workerData: { cipher, key } }));
  } catch {
    return new InlineOpener({ cipher, key });
  }
};

export const openInlineOpener = (key: OpenerKey): Opener => new InlineOpener(key);
