import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import table from '../../fixtures/cron/cron.json' with { type: 'json' };
import { type CronOptions, type CronSchedule, parseCron } from './cron.ts';
import { parseGoDuration } from './go-duration.ts';

interface Case {
  expression: string;
  timeZone: string;
  after: string;
  invalid?: boolean;
  next: string[];
}
const cases = table as Case[];

const parsed = (expression: string, options: CronOptions = {}): CronSchedule => {
  const result = parseCron(expression, options);
  if (!result.ok) {
    throw new Error(result.message);
  }
  return result.schedule;
};
const toSeconds = (date: Date): string => date.toISOString().replace('.000Z', 'Z');

describe('parseCron beside the library of Kubernetes', () => {
  it.each(cases)('"$expression" in $timeZone after $after', ({ expression, timeZone, after, invalid, next }) => {
    const result = parseCron(expression, { timeZone, timeZoneInExpression: true });
    expect(result.ok).toBe(invalid !== true);
    if (result.ok) {
      expect(result.schedule.nextRuns(6, new Date(after)).map(toSeconds)).toEqual(next);
    }
  });

  it('has a table that is worth it', () => {
    expect(cases.length).toBeGreaterThan(200);
    expect(new Set(cases.map(({ timeZone }) => timeZone)).size).toBeGreaterThan(5);
  });
});

describe('messages', () => {
  it.each([
    ['', /empty/],
    ['0 3 * *', /5 fields .* has 4/],
    ['0 3 * * 7', /"7" is out of range for day of week; use 0 to 6 \(0 is Sunday\)/],
    ['0 22-2 * * *', /"22-2" runs backwards/],
    ['x 2 * * *', /"x" is not a value for minute; use 0 to 59/],
    ['@foo', /@daily/],
    ['@every tuesday', /not a duration/],
    ['TZ=UTC 0 3 * * *', /time zone in its own field/],
  ])('%s', (expression, message) => {
    expect(parseCron(expression)).toEqual({ ok: false, message: expect.stringMatching(message) });
  });

  it('names a zone that does not exist', () => {
    expect(parseCron('0 3 * * *', { timeZone: 'Mars/Base' })).toEqual({
      ok: false,
      message: expect.stringMatching('"Mars/Base" is not a time zone'),
    });
    expect(parseCron('0 3 * * *', { timeZone: '+01:00' }).ok).toBe(false);
  });

  it('never throws', () => {
    const alphabet = fc.constantFrom(...'0123456789*/-,?@ abcdefghijLWTZ=#');
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: alphabet, maxLength: 24 })), (text) => {
        const result = parseCron(text, { timeZoneInExpression: true });
        if (!result.ok) {
          expect(result.message.length).toBeGreaterThan(10);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

const zoneNames = ['UTC', 'Europe/Warsaw', 'America/New_York', 'Asia/Kolkata', 'Australia/Sydney'] as const;
type ZoneName = (typeof zoneNames)[number];
const formats = new Map(
  zoneNames.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      minute: 'numeric',
      hour: 'numeric',
      day: 'numeric',
      month: 'numeric',
      weekday: 'short',
    }),
  ]),
);
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
interface Wanted {
  minute: number;
  hour: number | undefined;
  day: number | undefined;
  weekday: number | undefined;
}

const dayWanted = (wanted: Wanted, day: number, weekday: number): boolean => {
  const days = [
    ...(wanted.day === undefined ? [] : [wanted.day === day]),
    ...(wanted.weekday === undefined ? [] : [wanted.weekday === weekday]),
  ];
  return days.length === 0 || days.includes(true);
};

/** Looks at every minute of the range by itself, through Intl only. */
const startsByLooking = (wanted: Wanted, zone: ZoneName, range: { from: number; to: number }): number[] => {
  const found: number[] = [];
  for (let at = range.from + 60_000; at <= range.to; at += 60_000) {
    const parts = formats.get(zone)?.formatToParts(at) ?? [];
    const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? '';
    const hourMatches = wanted.hour === undefined || wanted.hour === Number(part('hour'));
    const minuteMatches = wanted.minute === Number(part('minute'));
    if (minuteMatches && hourMatches && dayWanted(wanted, Number(part('day')), weekdays.indexOf(part('weekday')))) {
      found.push(at);
    }
  }
  return found;
};

const wantedTimes = fc.record({
  minute: fc.integer({ min: 0, max: 59 }),
  hour: fc.option(fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 23 })), { nil: undefined }),
  day: fc.option(fc.integer({ min: 1, max: 31 }), { nil: undefined }),
  weekday: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
});
const changeDays = ['2026-03-08', '2026-03-29', '2026-10-25', '2026-11-01', '2026-04-05', '2026-10-04'];
const minutesOf = (day: string): number => Date.parse(day) / 60_000;
const moments = fc.oneof(
  fc.constantFrom(...changeDays.map((day) => Date.parse(day))),
  fc.integer({ min: minutesOf('2020-01-01'), max: minutesOf('2030-01-01') }).map((minutes) => minutes * 60_000),
);

describe('next and previous beside a look at every minute', () => {
  it('agree', () => {
    fc.assert(
      fc.property(wantedTimes, fc.constantFrom(...zoneNames), moments, (wanted, timeZone, middle) => {
        const expression = `${wanted.minute} ${wanted.hour ?? '*'} ${wanted.day ?? '*'} * ${wanted.weekday ?? '*'}`;
        const schedule = parsed(expression, { timeZone });
        const range = { from: middle - 20 * 3_600_000, to: middle + 28 * 3_600_000 };
        const expected = startsByLooking(wanted, timeZone, range);
        const runs = schedule.nextRuns(expected.length + 1, new Date(range.from)).map((run) => run.getTime());
        expect(runs.filter((run) => run <= range.to)).toEqual(expected);
        const last = schedule.previous(new Date(range.to + 59_000), new Date(range.from))?.getTime();
        expect(last).toBe(expected.at(-1));
      }),
      { numRuns: 60 },
    );
  });

  it('finds the previous start of rare schedules at once', () => {
    const now = new Date('2026-11-23T05:00:00Z');
    expect(parsed('0 0 1 1 *').previous(now)).toEqual(new Date('2026-01-01T00:00:00Z'));
    expect(parsed('0 0 29 2 *').previous(now)).toEqual(new Date('2024-02-29T00:00:00Z'));
    expect(parsed('0 5 * * *').previous(now)).toEqual(now);
    expect(parsed('0 0 31 2 *').previous(now)).toBeUndefined();
    expect(parsed('0 0 31 2 *').next(now)).toBeUndefined();
    expect(parsed('0 0 1 1 *').previous(now, new Date('2026-06-01T00:00:00Z'))).toBeUndefined();
  });

  it('passes a day that a zone has dropped', () => {
    const schedule = parsed('0 6 31 12 *', { timeZone: 'Pacific/Apia' });
    expect(schedule.next(new Date('2011-12-29T00:00:00Z'))).toEqual(new Date('2011-12-30T16:00:00Z'));
  });

  it('counts @every from the given moment', () => {
    const schedule = parsed('@every 1h30m');
    const since = new Date('2026-01-01T00:00:10Z');
    expect(schedule.previous(new Date('2026-01-01T03:59:00Z'), since)).toEqual(new Date('2026-01-01T03:00:10Z'));
    expect(schedule.previous(new Date('2026-01-01T01:00:00Z'), since)).toBeUndefined();
    expect(schedule.previous(since)).toBeUndefined();
  });

  it('is quick enough for a thousand schedules', () => {
    const started = performance.now();
    for (let index = 0; index < 1000; index += 1) {
      const schedule = parsed(`${index % 60} ${index % 24} * * *`, { timeZone: 'Europe/Warsaw' });
      schedule.next(new Date('2026-11-23T05:00:00Z'));
      schedule.previous(new Date('2026-11-23T05:00:00Z'));
    }
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('parseGoDuration', () => {
  it.each([
    ['1h30m', 5_400_000],
    ['-1.5s', -1500],
    ['0', 0],
    ['.5m', 30_000],
    ['100us', 0.1],
    ['5', undefined],
    ['', undefined],
    ['1h 5m', undefined],
    ['.s', undefined],
    ['9999999999h', undefined],
  ])('%s', (text, expected) => {
    expect(parseGoDuration(text)).toBe(expected);
  });
});
