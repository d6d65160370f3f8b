import type { Logger } from 'pino';
import { type Clock, later } from '../clock.ts';
import type { LockStore } from './locks.ts';

export interface HeldLockOptions {
  readonly locks: LockStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly id: string;
  readonly owner: string;
}

/** After a crash another server may go on within this time. Milliseconds. */
export const lockLease = 60_000;
const heartbeat = 20_000;

/** False: somebody else holds it. */
export const takeLock = ({ locks, clock, id, owner }: HeldLockOptions): Promise<boolean> => {
  const now = clock.now();
  return locks.acquire(id, owner, { now, until: later(now, lockLease) });
};

/** Keeps a lock that was taken for as long as `work` runs, and gives it back. The signal aborts when it is lost. */
export const whileHeld = async <T>(
  { locks, clock, logger, id, owner }: HeldLockOptions,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T> => {
  const lost = new AbortController();
  const beat = setInterval(() => {
    locks
      .renew(id, owner, later(clock.now(), lockLease))
      .then((kept) => kept || lost.abort(new Error('another server took over')))
      .catch((error: unknown) => logger.error({ err: error, lock: id }, 'the lease could not be renewed'));
  }, heartbeat);
  try {
    return await work(lost.signal);
  } finally {
    clearInterval(beat);
    await locks.release(id, owner).catch((error: unknown) => {
      logger.error({ err: error, lock: id }, 'the lease could not be released, it expires by itself');
    });
  }
};
