import { randomUUID } from 'node:crypto';
import { type HeldLockOptions, takeLock, whileHeld } from '../metadata/held-lock.ts';

type Options = Pick<HeldLockOptions, 'locks' | 'clock' | 'logger'>;

/**
 * Runs `work` while no other server runs work of that name; undefined: another one does. The signal aborts with `stop`, and
 * when the lease is lost.
 */
export const runAlone = async <T>(
  name: string,
  { locks, clock, logger, stop }: Options & { readonly stop: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> => {
  const lock = { locks, clock, logger, id: `maintenance:${name}`, owner: randomUUID() };
  return (await takeLock(lock)) ? await whileHeld(lock, (lost) => work(AbortSignal.any([stop, lost]))) : undefined;
};
