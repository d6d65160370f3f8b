import { describe, expect, it } from 'vitest';
import { atMost, measure, timesPeer } from './benchmark.ts';

const figure = { name: 'x', unit: 'MiB/s' };

describe('measure', () => {
  it.each([
    [
      { ...figure, value: 300, peer: 30, goal: timesPeer(10) },
      { ratio: 10, goal: '>= 10 x peer', met: true },
    ],
    [
      { ...figure, value: 299, peer: 30, goal: timesPeer(10) },
      { ratio: 9.97, met: false },
    ],
    [
      { ...figure, value: 5, goal: atMost(5) },
      { goal: '<= 5 MiB/s', met: true },
    ],
    [{ ...figure, value: 5.001, goal: atMost(5) }, { met: false }],
  ])('computes whether the goal is met', (given, expected) => {
    expect(measure(given)).toMatchObject(expected);
  });

  it.each([
    { ...figure, value: Number.NaN, goal: atMost(5) },
    { ...figure, value: 5, goal: timesPeer(1) },
  ])('is not met without a number', (given) => {
    expect(measure(given).met).toBe(false);
  });
});
