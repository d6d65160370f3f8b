import type { Clock } from './clock.ts';

export interface FakeClock extends Clock {
  /** Moves the time on and calls what has become due, in order. */
  advance(milliseconds: number): void;
}

/** A clock for tests: its time stands still until it is moved. */
export const createFakeClock = (start = new Date('2026-03-10T10:00:00Z')): FakeClock => {
  let now = start.getTime();
  const timers = new Set<{ at: number; callback: () => void }>();
  const nextDue = (until: number) => [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
  return {
    now: () => new Date(now),
    setTimeout: (callback, milliseconds) => {
      const timer = { at: now + milliseconds, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: (milliseconds) => {
      const until = now + milliseconds;
      for (let due = nextDue(until); due !== undefined; due = nextDue(until)) {
        timers.delete(due);
        now = Math.max(now, due.at);
        due.callback();
      }
      now = until;
    },
  };
};
