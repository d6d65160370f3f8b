import zlib from 'node:zlib';
import { blockSize } from './block-format.ts';
import { ResultMemories } from './result-memory.ts';
import { ZstdMissing } from './zstd.ts';

const { createZstdCompress } = zlib as Partial<typeof zlib>;
const { ZSTD_c_compressionLevel, ZSTD_c_windowLog, ZSTD_c_hashLog, ZSTD_e_end } = zlib.constants;

/** The fastest level that still finds what repeats in a dump, with tables that stay in the cache next to the core. */
const params = { [ZSTD_c_compressionLevel]: 1, [ZSTD_c_windowLog]: 18, [ZSTD_c_hashLog]: 13 };

/**
 * Compresses blocks, one at a time, each into a frame of its own, in a thread of the pool. One context serves all of them: a new one
 * for each block makes Node.js collect garbage all the time. Throws ZstdMissing where there is no zstd.
 */
export class FrameStream {
  readonly #stream;
  readonly #parts: Buffer[] = [];
  readonly #memories = new ResultMemories();

  constructor() {
    if (!createZstdCompress) throw new ZstdMissing();
    this.#stream = createZstdCompress({ flush: ZSTD_e_end, chunkSize: blockSize, params });
    this.#stream.on('data', (part: Buffer) => this.#parts.push(this.#memories.lend(part)));
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
}
