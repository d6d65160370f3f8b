import { createSqliteDialect, openExclusively } from '@backstay/sqlite';
import { Kysely, sql } from 'kysely';
import { type AccessKeyStore, createAccessKeyStore } from './access-keys.ts';
import { type AuditLog, createAuditLog } from './audit.ts';
import { type ClosingStore, createClosingStore } from './closings.ts';
import { createLockStore, type LockStore } from './locks.ts';
import { createMaintenanceStore, type MaintenanceStore } from './maintenance.ts';
import { migrate } from './migrations.ts';
import { createSessionStore, type SessionStore } from './sessions.ts';
import type { Tables } from './tables.ts';
import { createTurnStore, type DatabaseClock, sqliteClock, type TurnStore } from './turns.ts';
import { createUploadStore, type UploadStore } from './uploads.ts';
import { createUsageStore, type UsageStore } from './usage.ts';
import { createVersionMarks, type VersionMarks } from './version-marks.ts';
import { createVersionStore, type VersionStore } from './versions.ts';

/**
 * What the server remembers beside the bytes. A write is durable when its promise resolves. Rejects with the driver's error
 * when the database cannot be used. A database of its own process is tried once; a shared one again, while that can help.
 */
export interface MetadataStore {
  /** True: no other process can use the database, so what is left open in it belongs to a dead one. */
  readonly exclusive: boolean;
  readonly sessions: SessionStore;
  readonly versions: VersionStore;
  readonly marks: VersionMarks;
  readonly maintenance: MaintenanceStore;
  readonly uploads: UploadStore;
  readonly turns: TurnStore;
  readonly closings: ClosingStore;
  readonly locks: LockStore;
  readonly audit: AuditLog;
  readonly usage: UsageStore;
  readonly accessKeys: AccessKeyStore;
  /** Rejects when the database does not answer correctly. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export const createMetadataStore = (
  db: Kysely<Tables>,
  { exclusive, databaseClock }: { exclusive: boolean; databaseClock: DatabaseClock },
): MetadataStore => ({
  exclusive,
  sessions: createSessionStore(db),
  versions: createVersionStore(db),
  marks: createVersionMarks(db),
  maintenance: createMaintenanceStore(db),
  uploads: createUploadStore(db),
  turns: createTurnStore(db, databaseClock),
  closings: createClosingStore(db),
  locks: createLockStore(db),
  audit: createAuditLog(db),
  usage: createUsageStore(db),
  accessKeys: createAccessKeyStore(db),
  check: async () => {
    const expected = Math.floor(Math.random() * 8);
    const { rows } = await sql<{ answer: unknown }>`select ${sql.lit(expected)} as answer`.execute(db);
    if (Number(rows[0]?.answer) !== expected) {
      throw new Error('the database gave a wrong answer');
    }
  },
  close: () => db.destroy(),
});

/** Opens or creates the database file and its folder, and brings its schema up to date. */
export const openSqliteMetadata = async (file: string): Promise<MetadataStore> => {
  const database = openExclusively(file);
  const db = new Kysely<Tables>({ dialect: createSqliteDialect(database) });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return createMetadataStore(db, { exclusive: true, databaseClock: sqliteClock });
};
