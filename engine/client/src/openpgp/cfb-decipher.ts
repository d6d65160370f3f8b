import { type Cipheriv, createCipheriv, createDecipheriv, type Decipheriv } from 'node:crypto';
import { emptyBuffer } from './bytes.ts';
import type { SymmetricCipher } from './ciphers.ts';
import { giveBack, lendWhole } from './lent-memory.ts';
import { xorWords } from './xor-words.ts';

const block = 16;
/** Fits into the cache of a core together with its key stream. */
const window = 64 * 1024;

/** Deciphers a CFB stream with a zero vector. Pieces come in any length; what comes out may lag behind. */
export interface CfbDecipher {
  update(piece: Buffer): Iterable<Buffer>;
  final(): Buffer;
}

/**
 * CFB needs, for each block, only the cipher text before it: so the key stream of a whole window is made in one ECB call, which
 * a processor runs several times faster than the serial CFB of OpenSSL.
 */
class ParallelDecipher implements CfbDecipher {
  readonly #ecb: Cipheriv;
  /** One block of what came before, then the cipher text of the window. */
  readonly #input = Buffer.alloc(block + window);
  #filled = 0;

  constructor(cipher: string, key: Uint8Array) {
    this.#ecb = createCipheriv(cipher, key, null).setAutoPadding(false);
  }

  *update(piece: Buffer): Generator<Buffer> {
    for (let from = 0; from < piece.length; ) {
      const count = Math.min(window - this.#filled, piece.length - from);
      piece.copy(this.#input, block + this.#filled, from, from + count);
      this.#filled += count;
      from += count;
      if (this.#filled === window) yield this.#blocks(window);
    }
    giveBack(piece);
  }

  final(): Buffer {
    const whole = this.#blocks(this.#filled - (this.#filled % block));
    const keyStream = this.#ecb.update(this.#input.subarray(0, block));
    const rest = this.#input.subarray(block, block + this.#filled);
    return Buffer.concat([whole, rest.map((byte, index) => byte ^ (keyStream[index] ?? 0))]);
  }

  #blocks(length: number): Buffer {
    if (length === 0) return emptyBuffer;
    const plain = this.#ecb.update(this.#input.subarray(0, length));
    xorWords(plain, this.#input.subarray(block, block + length));
    this.#input.copy(this.#input, 0, length, block + this.#filled);
    this.#filled -= length;
    return lendWhole(plain);
  }
}

class SerialDecipher implements CfbDecipher {
  readonly #decipher: Decipheriv;

  constructor(cipher: SymmetricCipher, key: Uint8Array) {
    this.#decipher = createDecipheriv(cipher.cfb, key, Buffer.alloc(cipher.blockSize));
  }

  update(piece: Buffer): Iterable<Buffer> {
    return [this.#decipher.update(piece)];
  }

  final(): Buffer {
    return this.#decipher.final();
  }
}

export const createCfbDecipher = (cipher: SymmetricCipher, key: Uint8Array): CfbDecipher =>
  cipher.ecb === undefined ? new SerialDecipher(cipher, key) : new ParallelDecipher(cipher.ecb, key);
