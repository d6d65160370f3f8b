import { allowedUploadBytes, type CollectionLimits, fitsAtCommit } from '@backstay/shared';
import type { Kysely, Selectable, Transaction } from 'kysely';
import { mustNotBeClosed } from './closings.ts';
import { lockCollection } from './collection-lock.ts';
import type { Tables, UploadState, UploadsTable } from './tables.ts';
import { fromColumn, toColumn } from './times.ts';
import { type Version, versionFromRow } from './versions.ts';

export interface Upload {
  readonly id: string;
  readonly collectionId: string;
  /** Undefined for plain uploads. */
  readonly key: string | undefined;
  readonly state: UploadState;
  /** What is reserved of the quota: the most that the upload may have. */
  readonly maxBytes: number;
  readonly sessionId: string;
  readonly uploader: string;
  readonly leaseExpiresAt: Date;
  readonly createdAt: Date;
  readonly decision: CommitDecision | undefined;
  readonly reason: string | undefined;
}

/** What the upload becomes. Once recorded, it is carried out, also after a crash. */
export interface CommitDecision {
  readonly versionId: string;
  readonly versionNumber: number;
  readonly filename: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface NewUpload {
  readonly id: string;
  readonly collectionId: string;
  readonly key: string | undefined;
  readonly sessionId: string;
  readonly uploader: string;
  readonly limits: CollectionLimits;
  /** Undefined: as much as the collection allows. */
  readonly wantedBytes: number | undefined;
  readonly now: Date;
  readonly leaseUntil: Date;
}

export interface NewCommit {
  readonly bytes: number;
  readonly sha256: string;
  filename(version: number): string;
  readonly now: Date;
  readonly limits?: CollectionLimits;
  /** Of the version to be. Repeated with the same id, after a lost answer, the decision is the same. Default: a new one. */
  readonly versionId?: string;
}

/** What was kept back in the meantime takes the room of this upload. */
export class NoRoomError extends Error {
  constructor() {
    super(
      'the collection has no room left for this upload: versions that were to leave for it are protected now by a hold or by their age',
    );
    this.name = 'NoRoomError';
  }
}

export interface UploadStore {
  /**
   * Reserves quota: what is kept and what is reserved never exceeds the limits, with any number of callers. With a key that
   * is known already, the upload of that key, whatever its state. Undefined: `wantedBytes` do not fit. Throws a
   * {@link ClosedCollectionError} while the collection is being removed.
   */
  open(upload: NewUpload): Promise<{ upload: Upload; created: boolean } | undefined>;
  find(collectionId: string, id: string): Promise<Upload | undefined>;
  findById(id: string): Promise<Upload | undefined>;
  findByKey(collectionId: string, key: string): Promise<Upload | undefined>;
  openOnes(collectionId: string): Promise<Upload[]>;
  /** False: it is no longer open. */
  extendLease(id: string, until: Date): Promise<boolean>;
  /**
   * The decision to commit: gives the number and makes it durable, together with what the bytes must be. Undefined: the
   * upload is not open. Throws a {@link NoRoomError} when, with `limits` given, something was protected meanwhile on whose
   * room the upload counted.
   */
  decide(id: string, commit: NewCommit): Promise<Upload | undefined>;
  /** Makes the decided version live and turns the reservation into usage, in one transaction. Idempotent. */
  complete(upload: Upload, now: Date): Promise<Version>;
  /** Gives the reservation back. False: it was decided already. Idempotent on aborted ones. */
  abort(id: string, reason: string, now: Date): Promise<boolean>;
  /** Takes a decision back so that another one can be made. False: there is none to take back. */
  reopen(id: string, now: Date): Promise<boolean>;
  /** Takes a decision back whose bytes could not be published. False: there is none to take back. */
  giveUp(id: string, reason: string, now: Date): Promise<boolean>;
  /** Open ones whose lease ended before the instant; undefined: all open ones. */
  abandoned(before: Date | undefined): Promise<Upload[]>;
  /** Decided, but not completed. */
  unfinished(): Promise<Upload[]>;
  purge(before: Date): Promise<void>;
}

const decisionOf = (row: Selectable<UploadsTable>): CommitDecision | undefined =>
  row.version_id === null || row.filename === null || row.sha256 === null
    ? undefined
    : {
        versionId: row.version_id,
        versionNumber: Number(row.version_number),
        filename: row.filename,
        bytes: Number(row.filesize),
        sha256: row.sha256,
      };

const fromRow = (row: Selectable<UploadsTable>): Upload => ({
  id: row.id,
  collectionId: row.collection_id,
  key: row.idempotency_key ?? undefined,
  state: row.state,
  maxBytes: Number(row.reserved_bytes),
  sessionId: row.session_id,
  uploader: row.uploader,
  leaseExpiresAt: fromColumn(row.lease_expires_at),
  createdAt: fromColumn(row.created_at),
  decision: decisionOf(row),
  reason: row.reason ?? undefined,
});

type Database = Kysely<Tables> | Transaction<Tables>;

const reserving = ['open', 'committing'] as const;

/** What counts towards the quota. The collection must be locked. `except` is an upload that is being settled itself. */
const occupancy = async (tx: Database, collectionId: string, except = ''): Promise<Occupancy> => {
  const stored = await tx
    .selectFrom('uploaded_versions')
    .selectAll()
    .where('collection_id', '=', collectionId)
    .where('deleted_at', 'is', null)
    .execute();
  const open = await tx
    .selectFrom('uploads')
    .select('reserved_bytes')
    .where('collection_id', '=', collectionId)
    .where('state', 'in', reserving)
    .where('id', '!=', except)
    .execute();
  return { stored: stored.map(versionFromRow), reserved: open.map((row) => Number(row.reserved_bytes)) };
};

interface Occupancy {
  readonly stored: Version[];
  readonly reserved: number[];
}

const findByKey = async (db: Database, collectionId: string, key: string): Promise<Upload | undefined> => {
  const row = await db
    .selectFrom('uploads')
    .selectAll()
    .where('collection_id', '=', collectionId)
    .where('idempotency_key', '=', key)
    .executeTakeFirst();
  return row && fromRow(row);
};

const insertUpload = async (tx: Database, upload: NewUpload, maxBytes: number): Promise<Upload> => {
  const row = await tx
    .insertInto('uploads')
    .values({
      id: upload.id,
      collection_id: upload.collectionId,
      idempotency_key: upload.key ?? null,
      state: 'open',
      reserved_bytes: maxBytes,
      session_id: upload.sessionId,
      uploader: upload.uploader,
      lease_expires_at: toColumn(upload.leaseUntil),
      created_at: toColumn(upload.now),
      updated_at: toColumn(upload.now),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return fromRow(row);
};

/** That of the same key, or the one that this call opened before its answer was lost. */
const findKnown = async (tx: Database, { id, collectionId, key }: NewUpload): Promise<Upload | undefined> => {
  if (key !== undefined) {
    return await findByKey(tx, collectionId, key);
  }
  const row = await tx.selectFrom('uploads').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
};

const open = (db: Kysely<Tables>, upload: NewUpload) =>
  db.transaction().execute(async (tx) => {
    await lockCollection(tx, upload.collectionId, upload.now);
    const known = await findKnown(tx, upload);
    if (known !== undefined) {
      return { upload: known, created: known.id === upload.id };
    }
    await mustNotBeClosed(tx, upload.collectionId, upload.now);
    const { stored, reserved } = await occupancy(tx, upload.collectionId);
    const allowed = allowedUploadBytes(upload.limits, stored, { now: upload.now, reserved });
    const wanted = upload.wantedBytes ?? allowed;
    return wanted > allowed ? undefined : { upload: await insertUpload(tx, upload, wanted), created: true };
  });

const checkRoom = async (
  tx: Database,
  row: { id: string; collection_id: string },
  commit: NewCommit,
): Promise<void> => {
  if (commit.limits === undefined) {
    return;
  }
  const { stored, reserved } = await occupancy(tx, row.collection_id, row.id);
  if (!fitsAtCommit(commit.limits, stored, { now: commit.now, bytes: commit.bytes, reserved })) {
    throw new NoRoomError();
  }
};

const decide: (db: Kysely<Tables>) => UploadStore['decide'] = (db) => (id, commit) =>
  db.transaction().execute(async (tx) => {
    const row = await tx.selectFrom('uploads').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) {
      return undefined;
    }
    if (row.state === 'committing' && row.version_id === commit.versionId) {
      return fromRow(row);
    }
    const versionNumber = 1 + (await lockCollection(tx, row.collection_id, commit.now));
    if (row.state === 'open') {
      await checkRoom(tx, row, commit);
    }
    const decided = await tx
      .updateTable('uploads')
      .set({
        state: 'committing',
        version_id: commit.versionId ?? crypto.randomUUID(),
        version_number: versionNumber,
        filename: commit.filename(versionNumber),
        filesize: commit.bytes,
        sha256: commit.sha256,
        updated_at: toColumn(commit.now),
      })
      .where('id', '=', id)
      .where('state', '=', 'open')
      .returningAll()
      .executeTakeFirst();
    if (decided === undefined) {
      return undefined;
    }
    await tx
      .updateTable('collection_states')
      .set({ last_version_number: versionNumber })
      .where('collection_id', '=', row.collection_id)
      .execute();
    return fromRow(decided);
  });

const complete = (db: Kysely<Tables>, upload: Upload, now: Date): Promise<Version> =>
  db.transaction().execute(async (tx) => {
    const { decision } = upload;
    if (decision === undefined) {
      throw new Error('The upload has no decision to carry out');
    }
    // Whoever counts at this moment must see the reservation or the version, and not neither.
    await lockCollection(tx, upload.collectionId, now);
    const { numUpdatedRows } = await tx
      .updateTable('uploads')
      .set({ state: 'committed', updated_at: toColumn(now) })
      .where('id', '=', upload.id)
      .where('state', '=', 'committing')
      .executeTakeFirst();
    if (numUpdatedRows > 0n) {
      await tx
        .insertInto('uploaded_versions')
        .values({
          id: decision.versionId,
          collection_id: upload.collectionId,
          version_number: decision.versionNumber,
          filename: decision.filename,
          filesize: decision.bytes,
          uploaded_by_session_id: upload.sessionId,
          uploader: upload.uploader,
          created_at: toColumn(now),
          updated_at: toColumn(now),
          deleted_at: null,
          sha256: decision.sha256,
          bytes_removed_at: null,
        })
        .execute();
    }
    const row = await tx
      .selectFrom('uploaded_versions')
      .selectAll()
      .where('id', '=', decision.versionId)
      .executeTakeFirstOrThrow();
    return versionFromRow(row);
  });

const reopen: (db: Kysely<Tables>) => UploadStore['reopen'] = (db) => async (id, now) => {
  const decision = { version_id: null, version_number: null, filename: null, filesize: null, sha256: null };
  const result = await db
    .updateTable('uploads')
    .set({ state: 'open', ...decision, updated_at: toColumn(now) })
    .where('id', '=', id)
    .where('state', '=', 'committing')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
};

export const createUploadStore = (db: Kysely<Tables>): UploadStore => {
  const all = () => db.selectFrom('uploads').selectAll();
  return {
    open: (upload) => open(db, upload),
    find: async (collectionId, id) => {
      const row = await all().where('id', '=', id).where('collection_id', '=', collectionId).executeTakeFirst();
      return row && fromRow(row);
    },
    findById: async (id) => {
      const row = await all().where('id', '=', id).executeTakeFirst();
      return row && fromRow(row);
    },
    findByKey: (collectionId, key) => findByKey(db, collectionId, key),
    openOnes: async (collectionId) => {
      const rows = await all().where('collection_id', '=', collectionId).where('state', 'in', reserving).execute();
      return rows.map(fromRow);
    },
    extendLease: async (id, until) => {
      const result = await db
        .updateTable('uploads')
        .set({ lease_expires_at: toColumn(until) })
        .where('id', '=', id)
        .where('state', '=', 'open')
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    decide: decide(db),
    complete: (upload, now) => complete(db, upload, now),
    abort: async (id, reason, now) => {
      const result = await db
        .updateTable('uploads')
        .set({ state: 'aborted', reason, updated_at: toColumn(now) })
        .where('id', '=', id)
        .where('state', 'in', ['open', 'aborted'])
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    reopen: reopen(db),
    giveUp: async (id, reason, now) => {
      const result = await db
        .updateTable('uploads')
        .set({ state: 'aborted', reason, updated_at: toColumn(now) })
        .where('id', '=', id)
        .where('state', '=', 'committing')
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    abandoned: async (before) => {
      const open = all().where('state', '=', 'open');
      const rows = await (before === undefined
        ? open
        : open.where('lease_expires_at', '<', toColumn(before))
      ).execute();
      return rows.map(fromRow);
    },
    unfinished: async () => {
      const rows = await all().where('state', '=', 'committing').execute();
      return rows.map(fromRow);
    },
    purge: async (before) => {
      await db
        .deleteFrom('uploads')
        .where('state', 'in', ['committed', 'aborted'])
        .where('updated_at', '<', toColumn(before))
        .execute();
    },
  };
};
