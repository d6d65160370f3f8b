import { setTimeout as delay } from 'node:timers/promises';

/** When a cache asks again; milliseconds unless the name says otherwise. */
export interface CacheTiming {
  /** Length of one watch request, in seconds; up to a fifth is taken off by chance, so that watches do not end together. */
  watchSeconds: number;
  /** How long after the end of `watchSeconds` a silent connection is given up. */
  graceMs: number;
  /** First pause after a failure; it doubles up to `retryCapMs`. No two requests start sooner after each other. */
  retryBaseMs: number;
  retryCapMs: number;
  now(): number;
  random(): number;
  /** Resolves early when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Blind for at most a minute; about one request a minute while all is well; converged 30 s after a server is back. */
export const defaultTiming: CacheTiming = {
  watchSeconds: 45,
  graceMs: 10_000,
  retryBaseMs: 1_000,
  retryCapMs: 20_000,
  now: () => performance.now(),
  random: Math.random,
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, { signal });
    } catch {
      // Only an abort ends a sleep early.
    }
  },
};

/** Pause before the next try after `failures` failures in a row: at least the exponential step, at most a third more. */
export const retryPause = (failures: number, timing: CacheTiming): number => {
  if (failures === 0) {
    return 0;
  }
  const step = Math.min(timing.retryBaseMs * 2 ** Math.min(failures - 1, 20), timing.retryCapMs);
  return step * (1 + timing.random() / 3);
};
