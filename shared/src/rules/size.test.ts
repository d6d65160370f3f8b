import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSize, parseSize } from './size.ts';

describe('parseSize', () => {
  it.each([
    ['1K', 1024],
    ['1.5M', 1_572_864],
    ['1 G', 1024 ** 3],
    ['1024', 1024],
    ['10b', 10],
    ['2kb', 2048],
    ['1T', 1024 ** 4],
    ['0', 0],
  ])('reads %s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', ' ', '1KiB', '1K ', '-1K', '8E', '1  G', 'K', '1.K', '1e3', 'NaN', '١K'])('refuses %j', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  it('agrees with 30 x 50G = 1500 x 1024^3', () => {
    expect(30 * (parseSize('50G') ?? 0)).toBe(1500 * 1024 ** 3);
  });

  it('reads back what formatSize wrote', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (bytes) => parseSize(formatSize(bytes)) === bytes),
      { numRuns: 2000 },
    );
  });

  it('is undefined or a whole number of bytes for any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const bytes = parseSize(text);
        return bytes === undefined || (Number.isSafeInteger(bytes) && bytes >= 0);
      }),
      { numRuns: 5000 },
    );
  });
});
