import {
  fifoPolicy,
  findTimeZone,
  type KeepPeriod,
  keepPeriods,
  parseAge,
  type RetentionPolicy,
  type RetentionStrategy,
} from '@backstay/shared';
import type { CollectionDocument } from './documents.ts';
import { MisconfiguredError } from './misconfigured-error.ts';

const maxCount = 100_000;

const fieldOf: Record<KeepPeriod, string> = {
  hourly: 'keepHourly',
  daily: 'keepDaily',
  weekly: 'keepWeekly',
  monthly: 'keepMonthly',
  yearly: 'keepYearly',
};

const problem = (field: string, demand: string): MisconfiguredError =>
  new MisconfiguredError(`strategySpec.${field} must be ${demand}`);

type Spec = CollectionDocument['strategySpec'];

const readCount = (spec: Spec, field: string, { min, fallback }: { min: number; fallback: number }): number => {
  const value = spec[field] ?? fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > maxCount) {
    throw problem(field, `a whole number from ${min} to ${maxCount}`);
  }
  return value;
};

const readAge = (spec: Spec, field: string, fallback?: number): number => {
  const value = spec[field];
  if ((value === undefined || value === null) && fallback !== undefined) {
    return fallback;
  }
  const age = typeof value === 'string' ? parseAge(value) : undefined;
  if (age === undefined) {
    throw problem(field, 'a time such as 36h, 5d or 2w');
  }
  return age;
};

const readTimeZone = (spec: Spec): string => {
  const name = spec['timeZone'] ?? 'UTC';
  if (typeof name !== 'string' || findTimeZone(name) === undefined) {
    throw problem('timeZone', 'the name of a time zone such as Europe/Warsaw');
  }
  return name;
};

const readOlder = (document: CollectionDocument): RetentionStrategy => {
  const { strategySpec: spec, maxBackupsCount: count } = document;
  const maxOlderAge = readAge(spec, 'keepLastOlderNotMoreThan');
  if (maxOlderAge <= 0) {
    throw problem('keepLastOlderNotMoreThan', 'more than nothing');
  }
  return {
    name: 'fifo-plus-older',
    count,
    maxOlder: readCount(spec, 'maxOlderCopies', { min: 1, fallback: 0 }),
    maxOlderAge,
  };
};

const readKeep = (document: CollectionDocument): RetentionStrategy => {
  const { strategySpec: spec, maxBackupsCount } = document;
  const read = (field: string) => readCount(spec, field, { min: 0, fallback: 0 });
  const last = read('keepLast');
  const entries = keepPeriods.map((period) => [period, read(fieldOf[period])] as const);
  const sum = entries.reduce((total, [, count]) => total + count, last);
  if (sum === 0) {
    throw new MisconfiguredError(
      'the strategy keep needs one of keepLast, keepHourly, keepDaily, keepWeekly, keepMonthly, keepYearly in strategySpec',
    );
  }
  if (sum + 1 > maxBackupsCount) {
    throw new MisconfiguredError(
      `maxBackupsCount must be ${sum + 1} or more: the keep… counts of strategySpec together are ${sum}, and one more comes in before one leaves`,
    );
  }
  const periods = Object.fromEntries(entries) as Record<KeepPeriod, number>;
  return { name: 'keep', last, periods, timeZone: readTimeZone(spec) };
};

const strategies: Record<string, (document: CollectionDocument) => RetentionStrategy> = {
  fifo: ({ maxBackupsCount: count }) => ({ name: 'fifo', count }),
  'fifo-plus-older': readOlder,
  keep: readKeep,
};

export const isKnownStrategy = (name: string): boolean => Object.hasOwn(strategies, name);

/** What counts beside `maxBackupsCount`. Says nothing about bad values: `readRetention` refuses them. */
export const olderCopiesOf = ({ strategyName, strategySpec }: CollectionDocument): number => {
  const copies = strategyName === 'fifo-plus-older' ? strategySpec['maxOlderCopies'] : 0;
  return typeof copies === 'number' && Number.isInteger(copies) && copies > 0 ? Math.min(copies, maxCount) : 0;
};

/** Throws a {@link MisconfiguredError} that names the field. `fifo` reads no field of the other strategies. */
export const readRetention = (document: CollectionDocument): RetentionPolicy => {
  const read = Object.hasOwn(strategies, document.strategyName) ? strategies[document.strategyName] : undefined;
  if (read === undefined) {
    throw new MisconfiguredError('strategyName must be fifo, fifo-plus-older or keep');
  }
  const { strategySpec: spec } = document;
  const maxVersions = document.maxBackupsCount + olderCopiesOf(document);
  const minimumCount = readCount(spec, 'minimumCount', { min: 1, fallback: 1 });
  if (minimumCount > maxVersions) {
    throw problem('minimumCount', `${maxVersions} or less, which is how many versions the collection keeps`);
  }
  return {
    ...fifoPolicy(document.maxBackupsCount),
    strategy: read(document),
    maxVersions,
    minimumAge: readAge(spec, 'minimumAge', 0),
    minimumCount,
  };
};
