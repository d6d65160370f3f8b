import { describe, expect, it } from 'vitest';
import { readRules } from './collection-rules.ts';
import { readCollection } from './documents.ts';

const spec = {
  filenameTemplate: 'a-${version}.gz',
  maxBackupsCount: 5,
  maxOneVersionSize: '1M',
  maxCollectionSize: '10M',
};
const rulesOf = (strategyName: string, strategySpec?: unknown, more: Record<string, unknown> = {}) =>
  readRules(
    readCollection({ metadata: { name: 'a' }, spec: { ...spec, strategyName, strategySpec, ...more } }, 'a'),
    'UTC',
  ).limits;

describe('the strategy of a collection', () => {
  it('is read with all its numbers', () => {
    expect(rulesOf('fifo').retention).toEqual({
      strategy: { name: 'fifo', count: 5 },
      maxVersions: 5,
      minimumAge: 0,
      minimumCount: 1,
      elderAge: 86_400_000,
    });
    const older = rulesOf('fifo-plus-older', { keepLastOlderNotMoreThan: '5d', maxOlderCopies: 2 });
    expect(older.maxVersions).toBe(7);
    expect(older.retention).toMatchObject({
      strategy: { name: 'fifo-plus-older', count: 5, maxOlder: 2, maxOlderAge: 5 * 86_400_000 },
      maxVersions: 7,
    });
    const keep = rulesOf('keep', { KEEPDAILY: 3, keepYearly: 1, timeZone: 'Europe/Warsaw', minimumAge: '36h' });
    expect(keep.retention).toMatchObject({
      strategy: {
        name: 'keep',
        last: 0,
        periods: { hourly: 0, daily: 3, weekly: 0, monthly: 0, yearly: 1 },
        timeZone: 'Europe/Warsaw',
      },
      maxVersions: 5,
      minimumAge: 129_600_000,
    });
  });

  it('is fifo for an old collection, whatever its strategySpec says of other strategies', () => {
    const example = { keepLastOlderNotMoreThan: 'soon', maxOlderCopies: -2 };
    expect(rulesOf('fifo', example).retention?.strategy).toEqual({ name: 'fifo', count: 5 });
  });

  it.each([
    ['fifo', { minimumAge: 'long' }, 'strategySpec.minimumAge must be a time such as 36h, 5d or 2w'],
    ['fifo', { minimumCount: 0 }, 'strategySpec.minimumCount must be a whole number from 1'],
    ['fifo', { minimumCount: 6 }, 'strategySpec.minimumCount must be 5 or less'],
    ['fifo-plus-older', {}, 'strategySpec.keepLastOlderNotMoreThan must be a time'],
    ['fifo-plus-older', { keepLastOlderNotMoreThan: '0d', maxOlderCopies: 1 }, 'must be more than nothing'],
    [
      'fifo-plus-older',
      { keepLastOlderNotMoreThan: '5d' },
      'strategySpec.maxOlderCopies must be a whole number from 1',
    ],
    ['fifo-plus-older', { keepLastOlderNotMoreThan: '5d', maxOlderCopies: 6 }, 'maxCollectionSize is smaller than'],
    ['keep', {}, 'needs one of keepLast'],
    ['keep', { keepDaily: 5 }, 'maxBackupsCount must be 6 or more'],
    ['keep', { keepDaily: '3' }, 'strategySpec.keepDaily must be a whole number'],
    ['keep', { keepDaily: 3, timeZone: 'Mars/Base' }, 'strategySpec.timeZone must be the name of a time zone'],
    ['lifo', {}, 'strategyName must be fifo, fifo-plus-older or keep'],
    ['constructor', {}, 'strategyName must be fifo, fifo-plus-older or keep'],
  ])('%s with %o is refused with words that help', (name, strategySpec, words) => {
    expect(() => rulesOf(name, strategySpec)).toThrow(words);
  });
});
