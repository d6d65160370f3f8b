import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import type { VerificationJob } from '../verification/verification-job.ts';
import { type StorageSweep, sweepName } from './storage-sweep.ts';

interface Options {
  readonly metadata: MetadataStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined: switched off. */
  readonly verification: VerificationJob | undefined;
  readonly sweep: StorageSweep;
  /** Between two comparisons of storage and database, in milliseconds. 0: never by itself. */
  readonly sweepInterval: number;
}

const tick = 60_000;

/** Starts background work whenever it is due, first one minute after the start. Returns what ends it. */
export const startMaintenance = (options: Options): (() => Promise<void>) => {
  const { metadata, clock, logger, verification, sweep, sweepInterval } = options;
  const sweepWhenDue = async (): Promise<void> => {
    const last = await metadata.maintenance.last(sweepName);
    const due = last === undefined || clock.now().getTime() - last.finishedAt.getTime() >= sweepInterval;
    if (sweepInterval > 0 && due) {
      await sweep.run();
    }
  };
  verification?.begin().catch((error: unknown) => {
    logger.error({ err: error }, 'it is unknown since when versions are verified');
  });
  const timer = setInterval(() => {
    void verification?.run();
    sweepWhenDue().catch((error: unknown) => {
      logger.error({ err: error }, 'storage and database could not be compared, it is repeated');
    });
  }, tick);
  return async () => {
    clearInterval(timer);
    await Promise.all([verification?.stop(), sweep.stop()]);
  };
};
