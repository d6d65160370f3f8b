import { isHeld } from '@backstay/shared';
import { type Kysely, sql, type Transaction, type Updateable } from 'kysely';
import { lockCollection } from './collection-lock.ts';
import type { Tables, UploadedVersionsTable } from './tables.ts';
import { toColumn } from './times.ts';
import { type Hold, type Verification, type Version, versionFromRow } from './versions.ts';

export interface VersionTarget {
  readonly collectionId: string;
  readonly versionNumber: number;
  /** Of several versions with one number, which old servers left behind. Default: the newest. */
  readonly id?: string;
  readonly now: Date;
}

/** What is known about versions beside what they are. Marks change neither the bytes nor `updatedAt`. */
export interface VersionMarks {
  /**
   * Protects a live version, or ends that; a repeated hold replaces the one before. Undefined: no such live version. Waits
   * for whatever counts the same collection at that moment; when `check` throws, nothing changes.
   */
  setHold(target: VersionTarget, hold: Hold | undefined, check?: MarkCheck): Promise<Version | undefined>;
  /** Takes a live version out of the lists, as `retire` does but with the same waiting and checking. Undefined: it is held or gone. */
  retire(target: VersionTarget, check: MarkCheck): Promise<Version | undefined>;
  /** What a version was found to be; `sha256` is recorded as its baseline if it has no digest. */
  recordVerification(id: string, verification: Verification, sha256?: string): Promise<void>;
  /** Live versions verified (or, when never, created) before the instant, longest ago first. */
  toVerify(before: Date, limit: number): Promise<Version[]>;
  findById(id: string): Promise<Version | undefined>;
  /** Of the file names of one collection, whose objects were seen, those that a version still has or is about to get. */
  knownFiles(collectionId: string, filenames: readonly string[], seenAt: Date): Promise<Set<string>>;
  /** Live versions created before the instant whose object was not seen since, by ascending id, after the given one. */
  unseen(before: Date, limit: number, after?: string): Promise<Version[]>;
}

/** Gets the version as it was, the live versions as they will be, and the bytes of uploads that are being committed. */
export type MarkCheck = (found: Version, live: readonly Version[], committing: readonly number[]) => void;

interface Change {
  readonly values: Updateable<UploadedVersionsTable>;
  readonly unlessHeld: boolean;
  readonly check: MarkCheck | undefined;
}

const liveOnes = (tx: Transaction<Tables>, collectionId: string) =>
  tx
    .selectFrom('uploaded_versions')
    .selectAll()
    .where('collection_id', '=', collectionId)
    .where('deleted_at', 'is', null);

const committingBytes = async (tx: Transaction<Tables>, collectionId: string): Promise<number[]> => {
  const rows = await tx
    .selectFrom('uploads')
    .select('filesize')
    .where('collection_id', '=', collectionId)
    .where('state', '=', 'committing')
    .execute();
  return rows.map((row) => Number(row.filesize));
};

const change = (db: Kysely<Tables>, target: VersionTarget, { values, unlessHeld, check }: Change) =>
  db.transaction().execute(async (tx) => {
    const { collectionId, versionNumber, id, now } = target;
    await lockCollection(tx, collectionId, now);
    const candidates = liveOnes(tx, collectionId).where('version_number', '=', versionNumber);
    const found = await (id === undefined ? candidates : candidates.where('id', '=', id))
      .orderBy('created_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    const before = found && versionFromRow(found);
    if (before === undefined || (unlessHeld && isHeld(before, now))) {
      return undefined;
    }
    const changed = await tx
      .updateTable('uploaded_versions')
      .set(values)
      .where('id', '=', before.id)
      .returningAll()
      .executeTakeFirstOrThrow();
    const live = await liveOnes(tx, collectionId).orderBy('version_number', 'asc').execute();
    check?.(before, live.map(versionFromRow), await committingBytes(tx, collectionId));
    return versionFromRow(changed);
  });

const holdColumns = (hold: Hold | undefined): Updateable<UploadedVersionsTable> => ({
  held_at: hold === undefined ? null : toColumn(hold.at),
  held_until: hold?.until === undefined ? null : toColumn(hold.until),
  held_by: hold?.by ?? null,
  hold_reason: hold?.reason ?? null,
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
    // As the index has it: live rows keep their bytes.
    .where('bytes_removed_at', 'is', null)
    .where('deleted_at', 'is', null)
    .execute();
  // What was believed to be lost is there again: the next verification says what it is.
  await db
    .updateTable('uploaded_versions')
    .set({ verification: null, verification_detail: null, verified_at: null })
    .where('collection_id', '=', collectionId)
    .where('filename', 'in', filenames)
    .where('bytes_removed_at', 'is', null)
    .where('verification', '=', 'missing')
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
    setHold: (target, hold, check) => change(db, target, { values: holdColumns(hold), unlessHeld: false, check }),
    retire: (target, check) => {
      const at = toColumn(target.now);
      return change(db, target, { values: { deleted_at: at, updated_at: at }, unlessHeld: true, check });
    },
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
