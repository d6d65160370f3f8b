import { setTimeout as delay } from 'node:timers/promises';

const pollInterval = 20;

/** Waits until nothing runs any more, at most so many milliseconds. */
export const drained = async (isIdle: () => boolean, milliseconds: number): Promise<void> => {
  const end = performance.now() + milliseconds;
  while (!isIdle() && performance.now() < end) {
    await delay(pollInterval);
  }
};
