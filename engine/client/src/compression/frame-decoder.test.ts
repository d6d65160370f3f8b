import { constants, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CorruptMessage } from '../openpgp/bytes.ts';
import { giveBack } from '../openpgp/lent-memory.ts';
import { blockSize } from './block-format.ts';
import { contentLength, FrameDecoder } from './frame-decoder.ts';
import { FrameStream } from './frame-stream.ts';

const text = (length: number, letter = 'a'): Buffer => Buffer.alloc(length, `${letter} row of a table\n`);
const lengths = [1, 255, 256, 257, 65_791, 65_792, 300_000, blockSize - 1, blockSize];

let decoder: FrameDecoder;
beforeEach(() => {
  decoder = new FrameDecoder();
});
afterEach(() => decoder.close());

describe('a frame', () => {
  it('says how long its content is, however it was made', async () => {
    const stream = new FrameStream();
    for (const length of lengths) {
      expect(contentLength(zstdCompressSync(text(length)))).toBe(length);
      expect(contentLength(Buffer.concat(await stream.compress(text(length))))).toBe(length);
    }
    stream.close();
  });

  it.each([
    ['is empty', Buffer.alloc(0)],
    ['is none', text(100)],
    ['is longer than a block', zstdCompressSync(text(blockSize + 1))],
    ['does not say it', zstdCompressSync(text(1000), { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } })],
    ['is cut off in its header', zstdCompressSync(text(blockSize)).subarray(0, 7)],
  ])('that %s is refused', async (_, frame) => {
    expect(contentLength(frame)).toBeUndefined();
    await expect(decoder.decode(frame)).rejects.toThrow(CorruptMessage);
  });
});

describe('a frame decoder', () => {
  it('gives the content of one frame after the other', async () => {
    for (const length of [...lengths, ...lengths.toReversed()]) {
      expect(Buffer.concat(await decoder.decode(zstdCompressSync(text(length)))).equals(text(length))).toBe(true);
    }
  });

  it('leaves a content alone until it was given back, also when others in the same memory were', async () => {
    const kept: Buffer[][] = [];
    for (let turn = 0; turn < 40; turn++) {
      const content = await decoder.decode(zstdCompressSync(text(300_000 + turn, String(turn % 10))));
      if (turn % 2 === 0) kept.push(content);
      else for (const part of content) giveBack(part);
    }
    for (const [index, content] of kept.entries()) {
      expect(Buffer.concat(content).equals(text(300_000 + 2 * index, String((2 * index) % 10)))).toBe(true);
    }
  });

  it('refuses a frame that is cut off', async () => {
    await expect(decoder.decode(zstdCompressSync(text(5000)).subarray(0, -3))).rejects.toThrow('as long as it says');
  });

  it('refuses a frame that something follows', async () => {
    const frame = zstdCompressSync(text(5000));
    await expect(decoder.decode(Buffer.concat([frame, frame]))).rejects.toThrow('shorter than its block');
  });

  it('stops where a frame holds more than it says', async () => {
    const frame = Buffer.from(zstdCompressSync(text(blockSize)));
    frame.writeUInt32LE(1000, 5);
    await expect(decoder.decode(frame)).rejects.toThrow(CorruptMessage);
  });

  it('refuses a frame that asks for more memory than a block is long', async () => {
    const frame = zstdCompressSync(text(blockSize));
    const size = frame.subarray(5, 9);
    // No single segment any more, but a window of 16 MiB.
    const hostile = Buffer.concat([Buffer.from('28b52ffd8070', 'hex'), size, frame.subarray(9)]);
    // Memory for the window is needed where the content does not fit into what is left of the results.
    await decoder.decode(zstdCompressSync(text(300_000)));
    await expect(decoder.decode(hostile)).rejects.toThrow(/memory/);
  });
});
