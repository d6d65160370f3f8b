import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { versionsToRotate } from './rotation.ts';

const live = (count: number) => Array.from({ length: count }, (_, index) => ({ versionNumber: index + 1 }));
const numbers = (count: number, maxVersions: number, incoming = 0) =>
  versionsToRotate(live(count), { maxVersions }, incoming).map((version) => version.versionNumber);

describe('versionsToRotate', () => {
  it('makes room for the incoming one', () => {
    expect(numbers(5, 3, 1)).toEqual([1, 2, 3]);
    expect([1, 2, 3, 4, 5].map((max) => numbers(5, max, 1).length)).toEqual([5, 4, 3, 2, 1]);
    expect(numbers(2, 3, 1)).toEqual([]);
  });

  it('trims what is too much already', () => {
    expect(numbers(5, 3)).toEqual([1, 2]);
  });

  it('keeps at least one version, and removes the oldest only', () => {
    const subjects = fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { maxLength: 40 });
    fc.assert(
      fc.property(subjects, fc.integer({ min: -3, max: 20 }), fc.nat({ max: 2 }), (versions, maxVersions, incoming) => {
        const all = versions.map((versionNumber) => ({ versionNumber }));
        const gone = new Set(versionsToRotate(all, { maxVersions }, incoming));
        const kept = all.filter((version) => !gone.has(version)).map((version) => version.versionNumber);
        const removed = [...gone].map((version) => version.versionNumber);
        expect(kept.length + incoming).toBeGreaterThanOrEqual(Math.min(1, all.length + incoming));
        expect(kept.length + incoming).toBeLessThanOrEqual(Math.max(1, maxVersions, incoming));
        expect(Math.max(0, ...removed)).toBeLessThan(Math.min(Number.POSITIVE_INFINITY, ...kept));
      }),
      { numRuns: 2000 },
    );
  });
});
