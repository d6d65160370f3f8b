import { expect, test } from 'vitest';
import { cronOf, defaultTiming, readTiming } from './timing.ts';

const timing = defaultTiming('Europe/Warsaw');

test.each([
  [{ mode: 'hourly', minute: '15' }, '15 * * * *'],
  [{ mode: 'daily', time: '02:05' }, '5 2 * * *'],
  [{ mode: 'weekly', time: '23:00', weekday: '0' }, '0 23 * * 0'],
  [{ mode: 'monthly', time: '00:30', day: '28' }, '30 0 28 * *'],
  [{ mode: 'cron', cron: ' */5 * * * 1-5 ' }, '*/5 * * * 1-5'],
] as const)('%j', (choice, cron) => {
  expect(cronOf({ ...timing, ...choice })).toBe(cron);
});

test('runs are those of the chosen zone, not of the browser', () => {
  const read = readTiming(timing);
  expect(read.ok && read.schedule.next(new Date('2026-11-23T00:30:00Z'))?.toISOString()).toBe(
    '2026-11-23T01:00:00.000Z',
  );
});

test('what Kubernetes would refuse is refused here', () => {
  for (const cron of ['', '0 22-2 * * *', '0 3 * * 7', '0 0 2 * * *']) {
    expect(readTiming({ ...timing, mode: 'cron', cron }).ok).toBe(false);
  }
  expect(readTiming({ ...timing, time: '' }).ok).toBe(false);
});
