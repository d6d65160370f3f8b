import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BackupWindow, insideAnyWindow, parseBackupWindow } from './backup-window.ts';

const windowOf = (from: string, duration: string, timeZone?: string): BackupWindow => {
  const result = parseBackupWindow({ from, duration }, { timeZone });
  if (!result.ok) {
    throw new Error(result.message);
  }
  return result.window;
};
const at = (time: string): Date => new Date(`2021-05-01T${time}Z`);

describe('parseBackupWindow', () => {
  it('opens at its start and closes before its end', () => {
    const window = windowOf('*/30 * * * *', '10m');
    for (const time of ['01:30:00', '01:30:01', '01:39:00', '01:39:59.999']) {
      expect(window.contains(at(time)), time).toBe(true);
    }
    for (const time of ['01:29:59.999', '01:40:00', '01:45:34']) {
      expect(window.contains(at(time)), time).toBe(false);
    }
  });

  it('finds the latest slot', () => {
    const slot = windowOf('*/30 * * * *', '10m').latestSlot(at('01:35:00'));
    expect(slot).toEqual({ from: at('01:30:00'), until: at('01:40:00') });
  });

  it('is always open when slots follow each other', () => {
    const window = windowOf('*/30 * * * *', '30m');
    fc.assert(
      fc.property(fc.date({ min: at('00:00:00'), max: at('23:59:59'), noInvalidDate: true }), (date) =>
        window.contains(date),
      ),
    );
  });

  it('takes four fields, names and a zone', () => {
    expect(windowOf('0 2 * JAN-DEC', '1h').contains(at('02:10:00'))).toBe(true);
    expect(windowOf('TZ=Europe/Warsaw 0 4 * * SAT', '1h').contains(at('02:10:00'))).toBe(true);
    expect(windowOf('CRON_TZ=Europe/Warsaw 0 4 * *', '1h').contains(at('02:10:00'))).toBe(true);
    expect(windowOf('0 4 * * *', '1h', 'Europe/Warsaw').contains(at('02:10:00'))).toBe(true);
  });

  it('finds a yearly slot', () => {
    expect(windowOf('0 0 1 6 *', '1h').latestSlot(at('00:00:00'))?.from).toEqual(new Date('2020-06-01T00:00:00Z'));
  });

  it.each([
    ['@daily', '1h'],
    ['0 30 * * *', '1h'],
    ['0 2 * * 7', '1h'],
    ['0 2 *', '1h'],
    ['', '1h'],
    ['0 2 * * *', '1d'],
    ['0 2 * * *', ''],
    ['0 2 * * *', '-1h'],
  ])('refuses %j + %j', (from, duration) => {
    expect(parseBackupWindow({ from, duration }).ok).toBe(false);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (from, duration) => {
        parseBackupWindow({ from, duration });
      }),
      { numRuns: 3000 },
    );
  });
});

describe('insideAnyWindow', () => {
  it('needs one of them, and none are no limit', () => {
    const night = windowOf('0 2 * * *', '1h');
    const noon = windowOf('0 12 * * *', '1h');
    expect(insideAnyWindow([], at('05:00:00'))).toBe(true);
    expect(insideAnyWindow([night, noon], at('12:30:00'))).toBe(true);
    expect(insideAnyWindow([night, noon], at('05:00:00'))).toBe(false);
  });
});
