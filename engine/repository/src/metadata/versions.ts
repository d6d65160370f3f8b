import type { Kysely, Selectable } from 'kysely';
import type { Tables, UploadedVersionsTable } from './tables.ts';
import { fromColumn, toColumn } from './times.ts';

/** Keeps a version from leaving. */
export interface Hold {
  readonly reason: string;
  readonly by: string;
  readonly at: Date;
  /** Undefined: until somebody ends it. */
  readonly until: Date | undefined;
}

/** What the stored bytes were when they were last read again. */
export interface Verification {
  readonly at: Date;
  readonly result: 'good' | 'damaged' | 'missing';
  readonly detail: string | undefined;
}

/** One stored backup. */
export interface Version {
  readonly id: string;
  readonly collectionId: string;
  readonly versionNumber: number;
  readonly filename: string;
  readonly bytes: number;
  readonly sessionId: string;
  readonly uploader: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Hex. Undefined: stored by a server that kept no digests. */
  readonly sha256: string | undefined;
  /** True: the digest says what was found at the first verification, not what once came in. */
  readonly baseline: boolean;
  readonly hold: Hold | undefined;
  readonly verification: Verification | undefined;
  /** The last verification found other bytes than were stored, or none. */
  readonly bad: boolean;
}

export interface VersionStore {
  /** Live ones, by ascending number. */
  list(collectionId: string): Promise<Version[]>;
  /** Of several with one number, which old servers left behind, the newest. */
  find(collectionId: string, versionNumber: number): Promise<Version | undefined>;
  /** Whether a live version has that file: then its bytes must stay, also when another one of the same file goes. */
  hasFile(collectionId: string, filename: string): Promise<boolean>;
  /** The highest live number that is not known to be bad. */
  latest(collectionId: string): Promise<Version | undefined>;
  /**
   * Takes the version out of every list. Its bytes are then listed by `toRemove`. False: it is held, or gone already, and
   * nothing changed.
   */
  retire(id: string, at: Date): Promise<boolean>;
  /** Retired versions whose bytes may still be stored. */
  toRemove(limit: number): Promise<Version[]>;
  markRemoved(id: string, at: Date): Promise<void>;
}

const holdOf = (row: Selectable<UploadedVersionsTable>): Hold | undefined =>
  row.held_at === null
    ? undefined
    : {
        reason: row.hold_reason ?? '',
        by: row.held_by ?? '',
        at: fromColumn(row.held_at),
        until: row.held_until === null ? undefined : fromColumn(row.held_until),
      };

const verificationOf = (row: Selectable<UploadedVersionsTable>): Verification | undefined =>
  row.verified_at === null || row.verification === null
    ? undefined
    : {
        at: fromColumn(row.verified_at),
        result: row.verification,
        detail: row.verification_detail ?? undefined,
      };

export const versionFromRow = (row: Selectable<UploadedVersionsTable>): Version => ({
  id: row.id,
  collectionId: row.collection_id,
  versionNumber: Number(row.version_number),
  filename: row.filename,
  bytes: Number(row.filesize),
  sessionId: row.uploaded_by_session_id ?? '',
  uploader: row.uploader ?? '',
  createdAt: fromColumn(row.created_at),
  updatedAt: fromColumn(row.updated_at),
  sha256: row.sha256 ?? undefined,
  baseline: row.digest_origin === 'baseline',
  hold: holdOf(row),
  verification: verificationOf(row),
  bad: row.verification === 'damaged' || row.verification === 'missing',
});

export const createVersionStore = (db: Kysely<Tables>): VersionStore => {
  const live = (collectionId: string) =>
    db
      .selectFrom('uploaded_versions')
      .selectAll()
      .where('collection_id', '=', collectionId)
      .where('deleted_at', 'is', null);
  return {
    list: async (collectionId) => {
      const rows = await live(collectionId).orderBy('version_number', 'asc').orderBy('created_at', 'asc').execute();
      return rows.map(versionFromRow);
    },
    find: async (collectionId, versionNumber) => {
      const row = await live(collectionId)
        .where('version_number', '=', versionNumber)
        .orderBy('created_at', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && versionFromRow(row);
    },
    hasFile: async (collectionId, filename) => {
      const row = await live(collectionId).where('filename', '=', filename).limit(1).executeTakeFirst();
      return row !== undefined;
    },
    latest: async (collectionId) => {
      const row = await live(collectionId)
        .where((is) => is.or([is('verification', 'is', null), is('verification', '=', 'good')]))
        .orderBy('version_number', 'desc')
        .orderBy('created_at', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && versionFromRow(row);
    },
    retire: async (id, at) => {
      const { numUpdatedRows } = await db
        .updateTable('uploaded_versions')
        .set({ deleted_at: toColumn(at), updated_at: toColumn(at) })
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .where((has) => has.or([has('held_at', 'is', null), has('held_until', '<=', toColumn(at))]))
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    toRemove: async (limit) => {
      const rows = await db
        .selectFrom('uploaded_versions')
        .selectAll()
        .where('deleted_at', 'is not', null)
        .where('bytes_removed_at', 'is', null)
        .limit(limit)
        .execute();
      return rows.map(versionFromRow);
    },
    markRemoved: async (id, at) => {
      await db
        .updateTable('uploaded_versions')
        .set({ bytes_removed_at: toColumn(at) })
        .where('id', '=', id)
        .execute();
    },
  };
};
