import { describe, expect, it } from 'vitest';
import { type Sample, slope } from './memory-slope.ts';

describe('slope', () => {
  it('is what a GiB adds, whatever the start cost', () => {
    const samples: Sample[] = Array.from({ length: 100 }, (_, index) => [
      index / 10,
      index < 20 ? 500 : 80 + 0.3 * index,
    ]);
    expect(slope(samples)).toBeCloseTo(3);
  });

  it('of memory that stays is nothing', () => {
    expect(slope(Array.from({ length: 10 }, (_, index): Sample => [index, 120]))).toBe(0);
  });
});
