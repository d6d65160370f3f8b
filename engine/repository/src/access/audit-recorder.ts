import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { AuditEntry, AuditLog } from '../metadata/audit.ts';

type DatedEntry = AuditEntry & { readonly at: Date };

/** The way into the audit log. A failure is logged and stops nothing. */
export interface AuditRecorder {
  /** For changes: when it resolves, the entry is in the database. */
  record(entry: AuditEntry): Promise<void>;
  /** For what only was read or refused: it is written within a second, many in one transaction. */
  recordSoon(entry: AuditEntry): void;
  /** Writes what waits. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const flushInterval = 1000;
const flushAt = 200;
/** While the database is away, more than this is dropped and counted in the server log. */
const maxWaiting = 5000;

export const createAuditRecorder = (options: { log: AuditLog; clock: Clock; logger: Logger }): AuditRecorder => {
  const { log, clock, logger } = options;
  let waiting: DatedEntry[] = [];
  let dropped = 0;
  let writing: Promise<void> = Promise.resolve();

  const write = async (): Promise<void> => {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) {
      return;
    }
    try {
      await log.appendAll(batch);
      if (dropped > 0) {
        logger.error({ dropped }, 'the audit log has a gap: entries were dropped while it could not be written');
        dropped = 0;
      }
    } catch (error) {
      logger.error({ err: error, entries: batch.length }, 'the audit log could not be written, it is tried again');
      waiting = [...batch, ...waiting];
    }
  };
  const flush = (): Promise<void> => {
    writing = writing.then(write);
    return writing;
  };
  const timer = setInterval(() => void flush(), flushInterval);
  timer.unref();

  return {
    record: async (entry) => {
      try {
        await log.append(entry, clock.now());
      } catch (error) {
        logger.error({ err: error, action: entry.action }, 'the audit log could not be written');
      }
    },
    recordSoon: (entry) => {
      if (waiting.length >= maxWaiting) {
        dropped += 1;
        return;
      }
      waiting.push({ ...entry, at: clock.now() });
      if (waiting.length === flushAt) {
        void flush();
      }
    },
    flush,
    close: async () => {
      clearInterval(timer);
      await flush();
    },
  };
};
