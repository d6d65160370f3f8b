import type { Clock as WallClock } from '../clock.ts';

/** The time as controllers see it. */
export interface Clock extends WallClock {
  /** Calls once, when at least `milliseconds` have passed (0 or more, of any size). Returns what cancels it. */
  setTimeout(callback: () => void, milliseconds: number): () => void;
}

/** A machine that sleeps stops its timers, so a long wait looks at the time again after this long. */
const longestWait = 60_000;

export const systemClock: Clock = {
  now: () => new Date(),
  setTimeout: (callback, milliseconds) => {
    const due = Date.now() + milliseconds;
    let timer: NodeJS.Timeout;
    const wait = (left: number): void => {
      timer = setTimeout(look, Math.min(Math.max(0, left), longestWait));
    };
    const look = (): void => {
      const left = due - Date.now();
      if (left > 0) {
        wait(left);
      } else {
        callback();
      }
    };
    wait(milliseconds);
    return () => clearTimeout(timer);
  },
};
