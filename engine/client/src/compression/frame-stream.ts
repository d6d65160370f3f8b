import zlib from 'node:zlib';
import { lend } from '../openpgp/lent-memory.ts';
import { blockSize } from './block-format.ts';
import { ZstdMissing } from './zstd.ts';

const { createZstdCompress } = zlib as Partial<typeof zlib>;
const { ZSTD_c_compressionLevel, ZSTD_c_windowLog, ZSTD_c_hashLog, ZSTD_e_end } = zlib.constants;

/** The fastest level that still finds what repeats in a dump, with tables that stay in the cache next to the core. */
const params = { [ZSTD_c_compressionLevel]: 1, [ZSTD_c_windowLog]: 18, [ZSTD_c_hashLog]: 13 };

/** Memory in which several results lie. It goes when no more come and all of them were used up. */
class ResultMemory {
  readonly #memory: ArrayBuffer;
  #users = 1;

  constructor(memory: ArrayBuffer) {
    this.#memory = memory;
  }

  lendPart(part: Buffer): Buffer {
    this.#users += 1;
    return lend(part, () => this.release());
  }

  release(): void {
    this.#users -= 1;
    // Older versions of Node leave it to the garbage collector.
    if (this.#users === 0 && 'transfer' in this.#memory) this.#memory.transfer(0);
  }
}

/**
 * Compresses blocks, one at a time, each into a frame of its own, in a thread of the pool. One context serves all of them: a new one
 * for each block makes Node.js collect garbage all the time. Throws ZstdMissing where there is no zstd.
 */
export class FrameStream {
  readonly #stream;
  readonly #parts: Buffer[] = [];
  #memory: { readonly of: ArrayBufferLike; readonly results: ResultMemory } | undefined;

  constructor() {
    if (!createZstdCompress) throw new ZstdMissing();
    this.#stream = createZstdCompress({ flush: ZSTD_e_end, chunkSize: blockSize, params });
    this.#stream.on('data', (part: Buffer) => this.#parts.push(this.#lend(part)));
    // Whoever waits for a frame hears of it.
    this.#stream.on('error', () => undefined);
  }

  /** The frame in pieces, which lie in lent memory. The block must stay as it is until then. */
  async compress(block: Buffer): Promise<Buffer[]> {
    await new Promise<void>((resolve, reject) => {
      this.#stream.once('error', reject);
      this.#stream.write(block, (error) => {
        this.#stream.off('error', reject);
        if (error) reject(error);
        else resolve();
      });
    });
    return this.#parts.splice(0);
  }

  /** Gives its native memory back; what is compressed meanwhile never comes. */
  close(): void {
    this.#stream.destroy();
  }

  #lend(part: Buffer): Buffer {
    const { buffer } = part;
    if (!(buffer instanceof ArrayBuffer)) return part;
    if (this.#memory?.of !== buffer) {
      this.#memory?.results.release();
      this.#memory = { of: buffer, results: new ResultMemory(buffer) };
    }
    return this.#memory.results.lendPart(part);
  }
}
