import { zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { giveBack } from '../openpgp/lent-memory.ts';
import { FrameStream } from './frame-stream.ts';

const rows = (count: number): Buffer =>
  Buffer.from(
    Array.from({ length: count }, (_, row) => `insert into t values (${row}, '${(row * 7919) % 1009}');\n`).join(''),
  );

let stream: FrameStream;
beforeEach(() => {
  stream = new FrameStream();
});
afterEach(() => stream.close());

describe('a frame stream', () => {
  it('makes one frame of each block, which tells its length', async () => {
    for (const block of [rows(1), rows(20_000), rows(300)]) {
      const frame = Buffer.concat(await stream.compress(block));
      // In the header by RFC 8878: a content size of two octets or more, or of one in a single segment.
      expect(frame.readUInt8(4) & 0xe0).not.toBe(0);
      expect(zstdDecompressSync(frame).equals(block)).toBe(true);
    }
  });

  it('leaves a frame alone until it was given back, also when others in the same memory were', async () => {
    const kept: Buffer[][] = [];
    for (let turn = 0; turn < 40; turn++) {
      const frame = await stream.compress(rows(10_000 + turn));
      if (turn % 2 === 0) kept.push(frame);
      else for (const part of frame) giveBack(part);
    }
    for (const [index, frame] of kept.entries()) {
      expect(zstdDecompressSync(Buffer.concat(frame)).equals(rows(10_000 + 2 * index))).toBe(true);
    }
  });

  it('gives the memory of frames back that were used up', async () => {
    const first = await stream.compress(rows(20_000));
    const memory = first[0]?.buffer;
    for (const part of first) giveBack(part);
    for (let turn = 0; turn < 40 && memory?.byteLength !== 0; turn++) {
      for (const part of await stream.compress(rows(20_000))) giveBack(part);
    }
    expect(memory?.byteLength).toBe(0);
  });
});
