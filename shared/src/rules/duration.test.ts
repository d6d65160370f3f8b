import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatGoDuration } from './duration.ts';
import { parseGoDuration } from './go-duration.ts';

describe('formatGoDuration', () => {
  it.each([
    [0, '0s'],
    [250, '250ms'],
    [1500, '1.5s'],
    [1_800_000, '30m0s'],
    [3_600_000, '1h0m0s'],
    [-90_000, '-1m30s'],
  ])('writes %d as %s', (milliseconds, text) => {
    expect(formatGoDuration(milliseconds)).toBe(text);
  });

  it('is read back by parseGoDuration', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), (milliseconds) => {
        expect(parseGoDuration(formatGoDuration(milliseconds))).toBeCloseTo(milliseconds, 6);
      }),
      { numRuns: 2000 },
    );
  });
});
