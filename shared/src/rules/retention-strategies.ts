import { type KeepPeriod, keepPeriods, periodKey } from './retention-calendar.ts';

/** What strategies look at. */
export interface DatedVersion {
  readonly versionNumber: number;
  readonly createdAt: Date;
}

/** Which good versions a collection wants to keep; protections come on top. Times in milliseconds. */
export type RetentionStrategy =
  | { readonly name: 'fifo'; readonly count: number }
  | {
      readonly name: 'fifo-plus-older';
      readonly count: number;
      /** At most so many older copies, and none older than this. */
      readonly maxOlder: number;
      readonly maxOlderAge: number;
    }
  | {
      readonly name: 'keep';
      readonly last: number;
      readonly periods: Readonly<Record<KeepPeriod, number>>;
      /** IANA name. */
      readonly timeZone: string;
    };

export interface StrategyMoment {
  readonly now: Date;
  /** One of the newest is at least so old, when there is such a version that is not 14 times as old. */
  readonly elderAge: number;
}

/** Then it has been there long enough for somebody to look, and its place is better used by a newer one. */
const elderAgesUntilTooOld = 14;

const ageAt = (version: DatedVersion, now: Date): number => now.getTime() - version.createdAt.getTime();

/** The last good version from before the newest `count`, when all of those came just now. Undefined: they did not. */
const elderOf = <T extends DatedVersion>(good: readonly T[], count: number, moment: StrategyMoment): T | undefined => {
  const { now, elderAge } = moment;
  const first = good.at(-Math.max(1, count));
  const elder = good.findLast((version) => ageAt(version, now) >= elderAge);
  const counts = elder !== undefined && ageAt(elder, now) < elderAge * elderAgesUntilTooOld;
  return counts && first !== undefined && good.indexOf(elder) < good.indexOf(first) ? elder : undefined;
};

/** The newest ones. When all of them came just now, the last one from before takes the place of the oldest. */
const newest = <T extends DatedVersion>(good: readonly T[], count: number, moment: StrategyMoment): T[] => {
  const chosen = good.slice(-Math.max(1, count));
  const elder = elderOf(good, count, moment);
  return elder !== undefined && chosen.length > 1 ? [elder, ...chosen.slice(1)] : chosen;
};

/**
 * Older copies, spread over the time up to the greatest age: of each of `maxOlder` equal parts of it the first version. What
 * is kept so stays until it is too old, whatever comes later.
 */
const olderCopies = <T extends DatedVersion>(
  older: readonly T[],
  strategy: { maxOlder: number; maxOlderAge: number },
  now: Date,
): T[] => {
  const { maxOlder, maxOlderAge } = strategy;
  if (maxOlder < 1 || maxOlderAge <= 0) {
    return [];
  }
  const slots = new Map<number, T>();
  for (const version of older.filter((candidate) => ageAt(candidate, now) <= maxOlderAge)) {
    const slot = Math.floor(version.createdAt.getTime() / (maxOlderAge / maxOlder));
    slots.set(slot, slots.get(slot) ?? version);
  }
  return [...slots.values()].slice(0, maxOlder);
};

const lastOfPeriods = <T extends DatedVersion>(
  good: readonly T[],
  period: KeepPeriod,
  { count, timeZone }: { count: number; timeZone: string },
): T[] => {
  const last = new Map<string, T>();
  for (const version of good.toReversed()) {
    const key = periodKey(period, timeZone, version.createdAt);
    if (!last.has(key)) {
      if (last.size >= count) {
        break;
      }
      last.set(key, version);
    }
  }
  return [...last.values()];
};

/** The versions that the strategy wants, out of good ones by ascending number. */
export const wantedVersions = <T extends DatedVersion>(
  good: readonly T[],
  strategy: RetentionStrategy,
  moment: StrategyMoment,
): Set<T> => {
  if (strategy.name === 'fifo') {
    return new Set(newest(good, strategy.count, moment));
  }
  if (strategy.name === 'fifo-plus-older') {
    const first = new Set(good.slice(-Math.max(1, strategy.count)));
    const older = olderCopies(
      good.filter((version) => !first.has(version)),
      strategy,
      moment.now,
    );
    return new Set([...first, ...older]);
  }
  const { last, periods, timeZone } = strategy;
  const ofPeriods = keepPeriods.flatMap((period) => lastOfPeriods(good, period, { count: periods[period], timeZone }));
  return new Set([...newest(good, last, moment), ...ofPeriods]);
};
