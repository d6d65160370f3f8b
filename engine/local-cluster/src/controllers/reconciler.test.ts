import { describe, expect, it } from 'vitest';
import { silent, until } from '../test-cluster.ts';
import { systemClock } from './clock.ts';
import { createFakeClock } from './fake-clock.ts';
import { createReconciler } from './reconciler.ts';

describe('the system clock', () => {
  it('calls at its time, not before, and not when cancelled', async () => {
    const calls: string[] = [];
    const began = Date.now();
    systemClock.setTimeout(() => calls.push('late'), 60);
    systemClock.setTimeout(() => calls.push('never'), 20)();
    systemClock.setTimeout(() => calls.push('early'), 0);
    const cancelFarAway = systemClock.setTimeout(() => calls.push('overflow'), 2 ** 40);
    await until('the late call', () => calls.includes('late'));
    expect(Date.now() - began).toBeGreaterThanOrEqual(60);
    expect(calls).toEqual(['early', 'late']);
    cancelFarAway();
  });
});

describe('a reconciler', () => {
  const clock = createFakeClock();
  const runs: string[] = [];
  const plans = new Map<string, () => number | undefined>();
  const reconciler = createReconciler({
    name: 'test',
    clock,
    logger: silent,
    reconcile: (key) => {
      runs.push(key);
      return plans.get(key)?.();
    },
  });
  const countOf = (key: string): number => runs.filter((run) => run === key).length;

  it('makes one of many requests, and comes again when asked', async () => {
    plans.set('a', () => 1000);
    for (let index = 0; index < 10; index += 1) {
      reconciler.enqueue('a');
    }
    await until('a run', () => countOf('a') === 1);
    clock.advance(999);
    await new Promise((turn) => setImmediate(turn));
    expect(countOf('a')).toBe(1);
    clock.advance(1);
    await until('the second run', () => countOf('a') === 2);
  });

  it('tries what failed again, ever more slowly, without holding up others', async () => {
    let fails = 3;
    plans.set('b', () => {
      fails -= 1;
      if (fails >= 0) {
        throw new Error('not yet');
      }
      return undefined;
    });
    reconciler.enqueue('b');
    reconciler.enqueue('c');
    await until('both', () => countOf('b') === 1 && countOf('c') === 1);
    for (const [wait, count] of [
      [100, 2],
      [200, 3],
      [400, 4],
    ] as const) {
      clock.advance(wait - 1);
      await new Promise((turn) => setImmediate(turn));
      expect(countOf('b')).toBe(count - 1);
      clock.advance(1);
      await until('another try', () => countOf('b') === count);
    }
  });

  it('does nothing after its end', async () => {
    const before = countOf('a');
    reconciler.stop();
    reconciler.enqueue('a');
    clock.advance(10_000);
    await new Promise((turn) => setImmediate(turn));
    expect(countOf('a')).toBe(before);
  });
});
