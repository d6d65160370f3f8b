import { type Kysely, sql } from 'kysely';
import { lockCollection } from './collection-lock.ts';
import type { Tables } from './tables.ts';
import { toColumn } from './times.ts';
import { type Hold, type Verification, type Version, versionFromRow } from './versions.ts';

export interface HoldTarget {
  readonly collectionId: string;
  readonly versionNumber: number;
  readonly now: Date;
}

/** What is known about versions beside what they are. Marks change neither the bytes nor `updatedAt`. */
export interface VersionMarks {
  /**
   * Protects a live version, or ends that; a repeated hold replaces the one before. Undefined: no such live version. Waits
   * for whatever counts the same collection at that moment; when `check` throws, nothing changes.
   */
  setHold(target: HoldTarget, hold: Hold | undefined, check?: HoldCheck): Promise<Version | undefined>;
  /** What a version was found to be; `sha256` is recorded as its baseline if it has no digest. */
  recordVerification(id: string, verification: Verification, sha256?: string): Promise<void>;
  /** Live versions verified (or, when never, created) before the instant, longest ago first. */
  toVerify(before: Date, limit: number): Promise<Version[]>;
  findById(id: string): Promise<Version | undefined>;
  /** Of the file names of one collection those that a version still has or is about to get. Notes that they were seen. */
  knownFiles(collectionId: string, filenames: readonly string[], seenAt: Date): Promise<Set<string>>;
  /** Live versions created before the instant whose object was not seen since, by ascending id, after the given one. */
  unseen(before: Date, limit: number, after?: string): Promise<Version[]>;
}

/** Gets the live versions as they will be, and the bytes that open uploads have reserved. */
export type HoldCheck = (live: readonly Version[], reserved: readonly number[]) => void;

const setHold = (db: Kysely<Tables>, target: HoldTarget, mark: { hold: Hold | undefined; check?: HoldCheck }) =>
  db.transaction().execute(async (tx) => {
    const { collectionId, versionNumber, now } = target;
    const { hold, check } = mark;
    await lockCollection(tx, collectionId, now);
    const live = () =>
      tx
        .selectFrom('uploaded_versions')
        .selectAll()
        .where('collection_id', '=', collectionId)
        .where('deleted_at', 'is', null);
    const row = await live()
      .where('version_number', '=', versionNumber)
      .orderBy('created_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) {
      return undefined;
    }
    await tx
      .updateTable('uploaded_versions')
      .set({
        held_at: hold === undefined ? null : toColumn(hold.at),
        held_until: hold?.until === undefined ? null : toColumn(hold.until),
        held_by: hold?.by ?? null,
        hold_reason: hold?.reason ?? null,
      })
      .where('id', '=', row.id)
      .where('deleted_at', 'is', null)
      .execute();
    const all = (await live().orderBy('version_number', 'asc').execute()).map(versionFromRow);
    const open = await tx
      .selectFrom('uploads')
      .select('reserved_bytes')
      .where('collection_id', '=', collectionId)
      .where('state', '=', 'committing')
      .execute();
    check?.(
      all,
      open.map((upload) => Number(upload.reserved_bytes)),
    );
    return all.find((version) => version.id === row.id);
  });

const verifiedOrCreated = sql<string>`coalesce(verified_at, created_at)`;

const knownFiles = async (
  db: Kysely<Tables>,
  collectionId: string,
  { filenames, seenAt }: { filenames: readonly string[]; seenAt: Date },
): Promise<Set<string>> => {
  if (filenames.length === 0) {
    return new Set();
  }
  await db
    .updateTable('uploaded_versions')
    .set({ object_seen_at: toColumn(seenAt) })
    .where('collection_id', '=', collectionId)
    .where('filename', 'in', filenames)
    .where('deleted_at', 'is', null)
    .execute();
  const stored = await db
    .selectFrom('uploaded_versions')
    .select('filename')
    .where('collection_id', '=', collectionId)
    .where('filename', 'in', filenames)
    .where('bytes_removed_at', 'is', null)
    .execute();
  const decided = await db
    .selectFrom('uploads')
    .select('filename')
    .where('collection_id', '=', collectionId)
    .where('filename', 'in', filenames)
    .where('state', '=', 'committing')
    .execute();
  return new Set([...stored, ...decided].map((row) => row.filename ?? ''));
};

export const createVersionMarks = (db: Kysely<Tables>): VersionMarks => {
  const live = () => db.selectFrom('uploaded_versions').selectAll().where('deleted_at', 'is', null);
  return {
    setHold: (target, hold, check) => setHold(db, target, { hold, check }),
    recordVerification: async (id, { at, result, detail }, sha256) => {
      await db
        .updateTable('uploaded_versions')
        .set({ verified_at: toColumn(at), verification: result, verification_detail: detail ?? null })
        .where('id', '=', id)
        .execute();
      if (sha256 !== undefined) {
        await db
          .updateTable('uploaded_versions')
          .set({ sha256, digest_origin: 'baseline' })
          .where('id', '=', id)
          .where('sha256', 'is', null)
          .execute();
      }
    },
    toVerify: async (before, limit) => {
      const rows = await live()
        .where(verifiedOrCreated, '<', toColumn(before))
        .orderBy(verifiedOrCreated, 'asc')
        .limit(limit)
        .execute();
      return rows.map(versionFromRow);
    },
    findById: async (id) => {
      const row = await live().where('id', '=', id).executeTakeFirst();
      return row && versionFromRow(row);
    },
    knownFiles: (collectionId, filenames, seenAt) => knownFiles(db, collectionId, { filenames, seenAt }),
    unseen: async (before, limit, after = '') => {
      const rows = await live()
        .where('id', '>', after)
        .where('created_at', '<', toColumn(before))
        .where((was) => was.or([was('object_seen_at', 'is', null), was('object_seen_at', '<', toColumn(before))]))
        .orderBy('id', 'asc')
        .limit(limit)
        .execute();
      return rows.map(versionFromRow);
    },
  };
};
