import { createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';

/** What is hashed while the socket is still busy with what came before it: hash and network overlap. */
const aheadBytes = 512 * 1024;

export class DigestError extends Error {
  constructor() {
    super('the stored bytes differ from their recorded SHA-256');
    this.name = 'DigestError';
  }
}

/** Passes bytes on, but the last ones only when all of them have the digest: damaged bytes never arrive as a whole. */
export class VerifyingStream extends Transform {
  readonly #hash = createHash('sha256');
  readonly #sha256: string;
  #held: Uint8Array | undefined;

  constructor(sha256: string) {
    super({ highWaterMark: aheadBytes });
    this.#sha256 = sha256;
  }

  override _transform(chunk: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#hash.update(chunk);
    if (this.#held !== undefined) {
      this.push(this.#held);
    }
    this.#held = chunk;
    done();
  }

  override _flush(done: TransformCallback): void {
    if (this.#hash.digest('hex') !== this.#sha256) {
      done(new DigestError());
      return;
    }
    done(null, this.#held);
  }
}
