import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CorruptMessage } from '../openpgp/bytes.ts';
import { lendWhole } from '../openpgp/lent-memory.ts';
import { collect, inPieces } from '../testing/bytes.ts';
import { compressBlocks } from './compress-blocks.ts';
import { decompressBlocks } from './decompress-blocks.ts';

const mebi = 1024 * 1024;
const text = (length: number): Buffer => Buffer.alloc(length, "insert into t values (1, 'The Cloud-Capped Star');\n");

/** As pieces of a pipe are: their memory is gone when they were given back. */
async function* lent(data: Buffer, size: number): AsyncGenerator<Buffer> {
  for await (const piece of inPieces(data, size)) {
    const own = Buffer.allocUnsafeSlow(piece.length);
    piece.copy(own);
    yield lendWhole(own);
  }
}

const compress = async (data: Buffer, size = 65_536): Promise<Buffer> =>
  await collect(compressBlocks(lent(data, size)));
const decompress = async (data: Buffer, size = 65_536): Promise<Buffer> =>
  await collect(decompressBlocks(inPieces(data, size)));

const hasZstdTool = spawnSync('zstd', ['--version']).status === 0;
const byTool = (data: Buffer): Buffer => execFileSync('zstd', ['-d', '-c'], { input: data, maxBuffer: 2 ** 28 });

/** Runs of text and of noise, so that stored and compressed blocks follow each other. */
const mixed = fc
  .array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 1_500_000 })), { maxLength: 6 })
  .map((runs) => Buffer.concat(runs.map(([noise, length]) => (noise ? randomBytes(length) : text(length)))));

describe('blocks', () => {
  it('come back, however they are cut into pieces', async () => {
    const sizes = fc.integer({ min: 5000, max: 3_000_000 });
    await fc.assert(
      fc.asyncProperty(mixed, sizes, sizes, async (data, inSize, outSize) => {
        const packed = await compress(data, inSize);
        expect(packed.length).toBeLessThanOrEqual(data.length * 1.002 + 64);
        expect((await decompress(packed, outSize)).equals(data)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('come back from a dump that writes byte by byte', async () => {
    const data = Buffer.concat([text(1500), randomBytes(1500), text(100)]);
    expect((await decompress(await compress(data, 1), 1)).equals(data)).toBe(true);
  });

  it.each([0, 1, 65_535, 65_536, mebi - 1, mebi, mebi + 1, 5 * mebi])(
    'of %s bytes are small when they can be',
    async (length) => {
      const packed = await compress(text(length));
      expect((await decompress(packed)).equals(text(length))).toBe(true);
      expect(packed.length).toBeLessThanOrEqual(100 + length / 100);
    },
  );

  it.skipIf(!hasZstdTool)('are one file for zstd', async () => {
    for (const data of [
      text(3 * mebi),
      randomBytes(3 * mebi),
      Buffer.concat([text(mebi), randomBytes(2 * mebi), text(5)]),
    ]) {
      expect(byTool(await compress(data)).equals(data)).toBe(true);
    }
  });

  it('follow what the dump is like, also when it changes', async () => {
    const packed = await compress(Buffer.concat([randomBytes(4 * mebi), text(20 * mebi)]));
    expect(packed.length).toBeLessThan(4.5 * mebi);
  });
});

describe('damaged blocks', () => {
  it('are refused, or are the data: one bit changed anywhere', async () => {
    const data = Buffer.concat([text(3000), randomBytes(mebi), text(3000)]);
    const packed = await compress(data, 3000);
    await fc.assert(
      fc.asyncProperty(fc.nat(packed.length - 1), fc.nat(7), async (at, bit) => {
        const damaged = Buffer.from(packed);
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        // The encryption around them proves integrity: here nothing but a clean error or some data may come out.
        await decompress(damaged).catch((error: unknown) => expect(error).toBeInstanceOf(CorruptMessage));
      }),
      { numRuns: 200 },
    );
  });

  it('are refused when they are cut off, or are anything else', async () => {
    const packed = await compress(Buffer.concat([text(3000), randomBytes(3000)]));
    for (let length = 1; length < packed.length; length += 97) {
      await expect(decompress(packed.subarray(0, length))).rejects.toThrow(CorruptMessage);
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        await expect(decompress(Buffer.from(bytes))).rejects.toThrow(CorruptMessage);
      }),
    );
  });

  it('never fill the memory', async () => {
    const header = Buffer.from('5b2a4d180500000001ffffffff', 'hex');
    await expect(decompress(Buffer.concat([header, Buffer.alloc(5_000_000)]))).rejects.toThrow(CorruptMessage);
  });
});
