import { describe, expect, test } from 'vitest';
import { formatBytes, formatDuration, relativeTime, shortTime } from './format.ts';

const now = Date.parse('2026-11-23T12:00:00.000Z');

test.each([
  ['2026-11-23T11:59:50.000Z', 'just now'],
  ['2026-11-23T11:59:00.000Z', '1 minute ago'],
  ['2026-11-23T09:00:00.000Z', '3 hours ago'],
  ['2026-11-24T02:00:00.000Z', 'in 14 hours'],
  ['2026-11-16T12:00:00.000Z', '1 week ago'],
  ['2025-11-23T12:00:00.000Z', '1 year ago'],
])('%s is %s', (instant, words) => {
  expect(relativeTime(instant, now)).toBe(words);
});

describe('sizes are IEC', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [5.3e8, '505 MiB'],
    [1024 ** 4, '1 TiB'],
  ])('%d', (bytes, words) => {
    expect(formatBytes(bytes)).toBe(words);
  });
});

test.each([
  [0.2, 'under 1 s'],
  [45, '45 s'],
  [11_520, '3 h 12 min'],
  [86_400, '1 d'],
  [3605, '1 h'],
])('%d seconds', (seconds, words) => {
  expect(formatDuration(seconds)).toBe(words);
});

test('a run is shown on the clock of its own zone', () => {
  expect(shortTime('2026-11-23T01:00:00.000Z', 'Europe/Warsaw')).toContain('02:00');
  expect(shortTime('2026-11-23T01:00:00.000Z', 'America/New_York')).toContain('20:00');
});
