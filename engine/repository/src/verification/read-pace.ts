import { setTimeout as delay } from 'node:timers/promises';

/** Bounds how fast bytes are read, over all that is read at once. */
export interface ReadPace {
  /** Resolves when the next bytes may be read; rejects when the signal aborts. */
  spend(bytes: number, signal: AbortSignal): Promise<void>;
}

const burstMilliseconds = 250;

export const createReadPace = (
  maxBytesPerSecond: number,
  { now = () => performance.now(), wait = delay }: { now?: () => number; wait?: typeof delay } = {},
): ReadPace => {
  let freeAt = 0;
  return {
    spend: async (bytes, signal) => {
      signal.throwIfAborted();
      freeAt = Math.max(freeAt, now() - burstMilliseconds) + (bytes / maxBytesPerSecond) * 1000;
      const ahead = freeAt - now();
      if (ahead > 0) {
        await wait(ahead, undefined, { signal });
      }
    },
  };
};
