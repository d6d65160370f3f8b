import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fifoPolicy,
  judgeVersions,
  type RetentionPolicy,
  type RetentionSubject,
  versionsToRotate,
} from './retention.ts';
import { parseAge } from './retention-age.ts';
import { keepPeriods } from './retention-calendar.ts';

const hour = 3_600_000;
const day = 24 * hour;
const now = new Date('2026-11-23T12:00:00Z');
const ago = (milliseconds: number): Date => new Date(now.getTime() - milliseconds);
const live = (count: number, age: (index: number) => number = () => 0): RetentionSubject[] =>
  Array.from({ length: count }, (_, index) => ({ versionNumber: index + 1, createdAt: ago(age(index)) }));
const numbers = (versions: readonly RetentionSubject[]): number[] => versions.map((version) => version.versionNumber);
const kept = (versions: readonly RetentionSubject[], policy: RetentionPolicy, at = now): number[] => {
  const gone = new Set(versionsToRotate(versions, policy, { now: at }));
  return numbers(versions.filter((version) => !gone.has(version)));
};
const daily = (count: number) => live(count, (index) => (count - 1 - index) * day);
const noPeriods = { hourly: 0, daily: 0, weekly: 0, monthly: 0, yearly: 0 };
const keep = (
  periods: Partial<typeof noPeriods>,
  more: { last?: number; timeZone?: string } = {},
): RetentionPolicy => ({
  ...fifoPolicy(100),
  strategy: { name: 'keep', last: 1, timeZone: 'UTC', ...more, periods: { ...noPeriods, ...periods } },
});

describe('fifo', () => {
  it('makes room for the incoming one, and trims what is too much already', () => {
    const leaving = (count: number, max: number, incoming = 0) =>
      numbers(versionsToRotate(live(count), fifoPolicy(max), { now, incoming }));
    expect(leaving(5, 3, 1)).toEqual([1, 2, 3]);
    expect([1, 2, 3, 4, 5].map((max) => leaving(5, max, 1).length)).toEqual([5, 4, 3, 2, 1]);
    expect([leaving(2, 3, 1), leaving(5, 3)]).toEqual([[], [1, 2]]);
  });

  it('keeps the last one from before a flood, within the same count', () => {
    const flood = [...daily(3).map((version) => ({ ...version, createdAt: ago(26 * hour) })), ...live(40)].map(
      (version, index) => ({ ...version, versionNumber: index + 1 }),
    );
    expect(kept(flood, fifoPolicy(3))).toEqual([3, 42, 43]);
    expect(kept(flood, fifoPolicy(1))).toEqual([43]);
    expect(kept(daily(9), fifoPolicy(3))).toEqual([7, 8, 9]);
    const later = new Date(now.getTime() + 13 * day);
    const goesOn = flood.map((version) => (version.versionNumber > 3 ? { ...version, createdAt: later } : version));
    expect(kept(goesOn, fifoPolicy(3), later)).toEqual([41, 42, 43]);
  });

  it('lets bad versions leave first, and never for them a good one', () => {
    const some = live(5).map((version) => ({ ...version, bad: [2, 5].includes(version.versionNumber) }));
    expect(kept(some, fifoPolicy(4))).toEqual([1, 3, 4, 5]);
    expect(kept(some, fifoPolicy(3))).toEqual([1, 3, 4]);
    expect(kept(some, fifoPolicy(1))).toEqual([4]);
    const allBad = live(5).map((version) => ({ ...version, bad: true }));
    expect(kept(allBad, fifoPolicy(1))).toEqual([1, 2, 3, 4, 5]);
  });

  it('obeys holds until they end, the minimum age and the minimum count', () => {
    const held = daily(5).map((version) => ({
      ...version,
      hold: version.versionNumber === 1 ? { until: new Date(now.getTime() + 1) } : undefined,
    }));
    expect(kept(held, fifoPolicy(2))).toEqual([1, 4, 5]);
    expect(kept(held, fifoPolicy(2), new Date(now.getTime() + 1))).toEqual([4, 5]);
    expect(kept(daily(5), { ...fifoPolicy(1), minimumAge: 2 * day })).toEqual([4, 5]);
    expect(kept(daily(5), { ...fifoPolicy(1), minimumAge: 2 * day + 1 })).toEqual([3, 4, 5]);
    expect(kept(daily(5), { ...fifoPolicy(1), minimumCount: 4 })).toEqual([2, 3, 4, 5]);
    expect(judgeVersions(held, fifoPolicy(2), { now })[0]?.keptBecause).toEqual(['held']);
  });
});

describe('fifo-plus-older', () => {
  const policy: RetentionPolicy = {
    ...fifoPolicy(5),
    strategy: { name: 'fifo-plus-older', count: 3, maxOlder: 2, maxOlderAge: 6 * day },
  };

  it('keeps older copies spread over the allowed age, and none beyond it', () => {
    const hourly = live(400, (index) => (399 - index) * hour);
    const survivors = kept(hourly, policy);
    expect(survivors).toHaveLength(5);
    expect(survivors.slice(2)).toEqual([398, 399, 400]);
    const ages = survivors.slice(0, 2).map((number) => (400 - number) / 24);
    expect(ages[0]).toBeLessThanOrEqual(6);
    expect(ages[0]).toBeGreaterThan(3);
  });

  it('never loses an older copy to what comes later, day after day', () => {
    let versions: RetentionSubject[] = [];
    let before: RetentionSubject[] = [];
    for (let step = 1; step <= 24 * 30; step += 1) {
      const at = new Date(Date.UTC(2026, 0, 1) + step * hour);
      versions.push({ versionNumber: step, createdAt: at });
      const gone = versionsToRotate(versions, policy, { now: at });
      const older = before.filter((version) => !versions.slice(-4).includes(version));
      for (const version of gone.filter((candidate) => older.includes(candidate))) {
        expect(at.getTime() - version.createdAt.getTime()).toBeGreaterThan(6 * day);
      }
      versions = versions.filter((version) => !gone.includes(version));
      before = versions;
      expect(versions.length).toBeLessThanOrEqual(5);
    }
    expect(versions).toHaveLength(5);
    const [first, second] = versions;
    expect(Number(second?.createdAt) - Number(first?.createdAt)).toBeGreaterThanOrEqual(2.5 * day);
  });
});

describe('keep', () => {
  it('keeps the last version of each day, week, month and year', () => {
    const versions = live(365 * 3, (index) => (365 * 3 - 1 - index) * day);
    const policy = keep({ daily: 7, weekly: 4, monthly: 12, yearly: 3 });
    const dates = versions
      .filter((version) => kept(versions, policy).includes(version.versionNumber))
      .map((version) => version.createdAt.toISOString().slice(0, 10));
    expect(dates.slice(-10)).toEqual(
      ['08', '15', '17', '18', '19', '20', '21', '22', '23'].map((at) => `2026-11-${at}`).toSpliced(0, 0, '2026-10-31'),
    );
    expect(dates.slice(0, 3)).toEqual(['2024-12-31', '2025-12-31', '2026-01-31']);
  });

  it('cuts days where the clocks of the zone do', () => {
    const at = (text: string, versionNumber: number) => ({ versionNumber, createdAt: new Date(text) });
    const versions = [at('2026-03-28T22:30:00Z', 1), at('2026-03-28T23:30:00Z', 2), at('2026-03-29T21:30:00Z', 3)];
    expect(kept(versions, keep({ daily: 2 }))).toEqual([2, 3]);
    // In Warsaw the clock is one hour ahead at first, and two after that night.
    expect(kept(versions, keep({ daily: 2 }, { timeZone: 'Europe/Warsaw' }))).toEqual([1, 3]);
    const twice = [at('2026-10-25T00:30:00Z', 1), at('2026-10-25T01:30:00Z', 2)];
    expect(kept(twice, keep({ hourly: 2 }, { timeZone: 'Europe/Warsaw' }))).toEqual([1, 2]);
  });

  it('loses no earlier day to a flood', () => {
    const flood = [
      ...daily(6).map((version) => ({ ...version, createdAt: new Date(version.createdAt.getTime() - day) })),
      ...live(1000),
    ];
    const versions = flood.map((version, index) => ({ ...version, versionNumber: index + 1 }));
    expect(kept(versions, keep({ daily: 7 }))).toEqual([1, 2, 3, 4, 5, 6, 1006]);
  });
});

/** The same rules, written as one question for each version and with the calendar of the platform. */
const oracleKeeps = (subject: RetentionSubject, all: readonly RetentionSubject[], policy: RetentionPolicy): boolean => {
  const good = all.filter((version) => !version.bad).sort((a, b) => b.versionNumber - a.versionNumber);
  const age = (version: RetentionSubject) => now.getTime() - version.createdAt.getTime();
  const protectedOne = (version: RetentionSubject): boolean =>
    (version.hold !== undefined &&
      (version.hold.until === undefined || version.hold.until.getTime() > now.getTime())) ||
    (!version.bad && age(version) < policy.minimumAge) ||
    (good.indexOf(version) >= 0 && good.indexOf(version) < Math.max(1, policy.minimumCount));
  const inNewest = (version: RetentionSubject, count: number): boolean => {
    const place = good.indexOf(version);
    const elder = good.findIndex((candidate) => age(candidate) >= policy.elderAge);
    if (count < 2 || elder < count || age(good[elder] ?? version) >= 14 * policy.elderAge) {
      return place < Math.max(1, count);
    }
    return place < count - 1 || place === elder;
  };
  const label = (version: RetentionSubject, period: string, timeZone: string): string => {
    const part = Object.fromEntries(
      new Intl.DateTimeFormat('en-CA', {
        timeZone,
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        hourCycle: 'h23',
        timeZoneName: 'longOffset',
      })
        .formatToParts(version.createdAt)
        .map(({ type, value }) => [type, value]),
    );
    const date = new Date(Date.UTC(Number(part['year']), Number(part['month']) - 1, Number(part['day'])));
    date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
    const full = `${part['year']}-${part['month']}-${part['day']}`;
    return (
      {
        hourly: `${full} ${part['hour']} ${part['timeZoneName']}`,
        daily: full,
        weekly: date.toISOString(),
        monthly: full.slice(0, 7),
        yearly: full.slice(0, 4),
      }[period] ?? ''
    );
  };
  const chosen = (version: RetentionSubject): boolean => {
    const { strategy } = policy;
    if (version.bad) {
      return false;
    }
    if (strategy.name === 'fifo') {
      return inNewest(version, strategy.count);
    }
    if (strategy.name === 'fifo-plus-older') {
      const fifo = (other: RetentionSubject) => good.indexOf(other) < strategy.count;
      const slot = (other: RetentionSubject) =>
        Math.floor(other.createdAt.getTime() / (strategy.maxOlderAge / strategy.maxOlder));
      const older = good.filter((other) => !fifo(other) && age(other) <= strategy.maxOlderAge).reverse();
      const firsts = older.filter(
        (other) => !older.some((rival) => rival.versionNumber < other.versionNumber && slot(rival) === slot(other)),
      );
      return fifo(version) || firsts.slice(0, strategy.maxOlder).includes(version);
    }
    const { timeZone } = strategy;
    return (
      inNewest(version, strategy.last) ||
      keepPeriods.some((period) => {
        const labels = [...new Set(good.map((other) => label(other, period, timeZone)))];
        const mine = label(version, period, timeZone);
        const last = good.find((other) => label(other, period, timeZone) === mine);
        return last === version && labels.indexOf(mine) < strategy.periods[period];
      })
    );
  };
  if (good.length === 0 || protectedOne(subject) || chosen(subject)) {
    return true;
  }
  const firm = all.filter((version) => protectedOne(version) || chosen(version)).length;
  const bad = all
    .filter((version) => version.bad && !protectedOne(version))
    .sort((a, b) => b.versionNumber - a.versionNumber);
  return subject.bad === true && bad.indexOf(subject) < policy.maxVersions - firm;
};

const subjects = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 0, max: 30 * 24 }),
      hold: fc.option(fc.record({ until: fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined }) }), {
        nil: undefined,
        freq: 8,
      }),
      bad: fc.integer({ min: 0, max: 5 }).map((value) => value === 0),
    }),
    { maxLength: 25 },
  )
  .map((items) => {
    let age = 0;
    return items
      .map((item, index) => {
        age += item.gap;
        const hold = item.hold && { until: item.hold.until === undefined ? undefined : ago(-item.hold.until * hour) };
        return { versionNumber: items.length - index, createdAt: ago(age * hour), bad: item.bad, hold };
      })
      .reverse();
  });
const small = fc.integer({ min: 0, max: 5 });
const strategies = fc.oneof(
  fc.record({ name: fc.constant('fifo' as const), count: fc.integer({ min: -1, max: 8 }) }),
  fc.record({
    name: fc.constant('fifo-plus-older' as const),
    count: fc.integer({ min: 1, max: 5 }),
    maxOlder: fc.integer({ min: 1, max: 4 }),
    maxOlderAge: fc.integer({ min: 1, max: 90 }).map((days) => days * day),
  }),
  fc.record({
    name: fc.constant('keep' as const),
    last: small,
    timeZone: fc.constantFrom('UTC', 'Europe/Warsaw', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia'),
    periods: fc.record({ hourly: small, daily: small, weekly: small, monthly: small, yearly: small }),
  }),
);
const policies = fc.record({
  strategy: strategies,
  maxVersions: fc.integer({ min: 1, max: 12 }),
  minimumAge: fc.integer({ min: 0, max: 72 }).map((hours) => hours * hour),
  minimumCount: fc.integer({ min: 0, max: 4 }),
  elderAge: fc.constant(day),
});

describe('judgeVersions', () => {
  it('agrees with a brute-force oracle', () => {
    fc.assert(
      fc.property(subjects, policies, (versions, policy) => {
        expect(kept(versions, policy)).toEqual(
          numbers(versions.filter((version) => oracleKeeps(version, versions, policy))),
        );
      }),
      { numRuns: 1500 },
    );
  });

  it('never lets the newest good one or a held one leave, and is settled after one rotation', () => {
    fc.assert(
      fc.property(subjects, policies, (versions, policy) => {
        const stay = kept(versions, policy);
        const newest = versions.findLast((version) => !version.bad);
        expect(newest === undefined || stay.includes(newest.versionNumber)).toBe(true);
        const heldOnes = versions.filter(
          (version) => version.hold && (version.hold.until === undefined || version.hold.until > now),
        );
        expect(stay).toEqual(expect.arrayContaining(numbers(heldOnes)));
      }),
      { numRuns: 1500 },
    );
  });
});

describe('parseAge', () => {
  it('reads weeks, days and what Go writes', () => {
    expect(['5d', '2w', '36h', '1d12h', '1w1d1h30m', '0', '0d'].map(parseAge)).toEqual([
      5 * day,
      14 * day,
      36 * hour,
      36 * hour,
      8 * day + 1.5 * hour,
      0,
      0,
    ]);
    expect(['', 'd', '5', '-5d', '5d-1h', '1h5d', '5 d', '40000d', '1d+1h', '5D'].map(parseAge)).toEqual(
      Array(10).fill(undefined),
    );
  });
});
