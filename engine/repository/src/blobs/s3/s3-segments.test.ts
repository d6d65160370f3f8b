import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  chainBytes,
  chainOf,
  maxObjectBytes,
  maxParts,
  parseSegmentName,
  partBytes,
  type Segment,
  segmentName,
  segmentTarget,
} from './s3-segments.ts';

const segment = (start: number, generation: number, bytes: number): Segment => ({
  key: segmentName(start, generation),
  start,
  generation,
  bytes,
  etag: '"e"',
});

it('the largest object fits into the parts that S3 allows, and all but the last are large enough', () => {
  let parts = 0;
  for (let start = 0; start < maxObjectBytes; start += segmentTarget(start)) {
    expect(segmentTarget(start)).toBeGreaterThanOrEqual(partBytes);
    parts += 1;
  }
  expect(parts).toBeLessThan(maxParts);
});

it('names sort as their starts do, and are read back', () => {
  const start = fc.integer({ min: 0, max: maxObjectBytes });
  const generation = fc.integer({ min: 0, max: 9_999_999_999 });
  fc.assert(
    fc.property(start, start, generation, (one, other, turn) => {
      expect(parseSegmentName(segmentName(one, turn))).toEqual({ start: one, generation: turn });
      expect(segmentName(one, turn) < segmentName(other, turn)).toBe(one < other);
    }),
  );
  for (const name of ['', 'x', '0-0', `${segmentName(1, 1)}x`, `x${segmentName(1, 1)}`]) {
    expect(parseSegmentName(name)).toBeUndefined();
  }
});

it('a chain has no gap, and never goes back to an earlier writer', () => {
  const segments = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 3 })),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(segments, (list) => {
      const chain = chainOf(list.map(([start, generation, bytes]) => segment(start, generation, bytes)));
      let end = 0;
      let generation = 0;
      for (const link of chain) {
        expect(link.start).toBe(end);
        expect(link.generation).toBeGreaterThanOrEqual(generation);
        end += link.bytes;
        generation = link.generation;
      }
      expect(chainBytes(chain)).toBe(end);
    }),
  );
});

it('a longer segment of a later writer replaces the one it took up, whatever an earlier one adds', () => {
  const chain = chainOf([segment(0, 1, 5), segment(5, 1, 2), segment(5, 2, 5), segment(7, 1, 9), segment(10, 1, 9)]);
  expect(chain.map(({ start, generation }) => [start, generation])).toEqual([
    [0, 1],
    [5, 2],
  ]);
});
