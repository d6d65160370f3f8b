import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { type Clock, later } from '../clock.ts';
import type { LockStore } from '../metadata/locks.ts';

interface Options {
  readonly locks: LockStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** After a crash another server may go on within this time. Milliseconds. */
const lease = 60_000;
const heartbeat = 20_000;

/**
 * Runs `work` while no other server runs work of that name; undefined: another one does. The signal aborts with `stop`, and
 * when the lease is lost.
 */
export const runAlone = async <T>(
  name: string,
  { locks, clock, logger, stop }: Options & { readonly stop: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> => {
  const id = `maintenance:${name}`;
  const owner = randomUUID();
  const now = clock.now();
  if (!(await locks.acquire(id, owner, { now, until: later(now, lease) }))) {
    return undefined;
  }
  const lost = new AbortController();
  const beat = setInterval(() => {
    locks
      .renew(id, owner, later(clock.now(), lease))
      .then((kept) => kept || lost.abort(new Error('another server took over')))
      .catch((error: unknown) => logger.error({ err: error, work: name }, 'the lease could not be renewed'));
  }, heartbeat);
  try {
    return await work(AbortSignal.any([stop, lost.signal]));
  } finally {
    clearInterval(beat);
    await locks.release(id, owner).catch((error: unknown) => {
      logger.error({ err: error, work: name }, 'the lease could not be released, it expires by itself');
    });
  }
};
