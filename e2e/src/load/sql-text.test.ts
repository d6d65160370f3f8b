import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { SqlText } from './sql-text.ts';

it('compresses as dumps do', () => {
  const text = new SqlText().next(8_000_000);
  expect(text.length).toBe(8_000_000);
  const ratio = text.length / gzipSync(text).length;
  expect(ratio).toBeGreaterThan(3);
  expect(ratio).toBeLessThan(6);
});

it('goes on where it was', () => {
  const [one, other] = [new SqlText(), new SqlText()];
  expect(Buffer.concat([one.next(1000), one.next(1), one.next(999)]).equals(other.next(2000))).toBe(true);
});
