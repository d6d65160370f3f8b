import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';
import { fromColumn, toColumn } from './times.ts';

/** An object in the storage that no version has. */
export interface Orphan {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
  readonly firstSeenAt: Date;
}

/** What background work found, for reports: it outlives restarts. */
export interface MaintenanceStore {
  /** Idempotent; the first sight of a key is kept. */
  noteOrphan(orphan: { key: string; bytes: number; modifiedAt: Date }, seenAt: Date): Promise<void>;
  /** By ascending key, after the given one. */
  orphans(limit: number, after?: string): Promise<Orphan[]>;
  countOrphans(collectionId?: string): Promise<{ count: number; bytes: number }>;
  forgetOrphan(key: string): Promise<void>;
  /** Forgets those not seen since the instant: they are gone or have a version now. */
  forgetOrphansBefore(seenAt: Date): Promise<void>;
  /** The last result of a kind of work replaces the one before. */
  finish(id: string, result: Record<string, unknown>, at: Date): Promise<void>;
  last(id: string): Promise<{ finishedAt: Date; result: Record<string, unknown> } | undefined>;
}

export const createMaintenanceStore = (db: Kysely<Tables>): MaintenanceStore => ({
  noteOrphan: async ({ key, bytes, modifiedAt }, seenAt) => {
    const seen = { bytes, modified_at: toColumn(modifiedAt), last_seen_at: toColumn(seenAt) };
    await db
      .insertInto('orphans')
      .values({ key, first_seen_at: toColumn(seenAt), ...seen })
      .onConflict((conflict) => conflict.column('key').doUpdateSet(seen))
      .execute();
  },
  orphans: async (limit, after = '') => {
    const rows = await db
      .selectFrom('orphans')
      .selectAll()
      .where('key', '>', after)
      .orderBy('key', 'asc')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      key: row.key,
      bytes: Number(row.bytes),
      modifiedAt: fromColumn(row.modified_at),
      firstSeenAt: fromColumn(row.first_seen_at),
    }));
  },
  countOrphans: async (collectionId) => {
    const all = db
      .selectFrom('orphans')
      .select((select) => [
        select.fn.countAll().as('count'),
        select.fn.coalesce(select.fn.sum('bytes'), select.val(0)).as('bytes'),
      ]);
    // A collection's name has no character that sorts between a slash and a zero.
    const row = await (collectionId === undefined
      ? all
      : all.where('key', '>=', `${collectionId}/`).where('key', '<', `${collectionId}0`)
    ).executeTakeFirstOrThrow();
    return { count: Number(row.count), bytes: Number(row.bytes) };
  },
  forgetOrphan: async (key) => {
    await db.deleteFrom('orphans').where('key', '=', key).execute();
  },
  forgetOrphansBefore: async (seenAt) => {
    await db.deleteFrom('orphans').where('last_seen_at', '<', toColumn(seenAt)).execute();
  },
  finish: async (id, result, at) => {
    const values = { finished_at: toColumn(at), result: JSON.stringify(result) };
    await db
      .insertInto('maintenance')
      .values({ id, ...values })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
      .execute();
  },
  last: async (id) => {
    const row = await db.selectFrom('maintenance').selectAll().where('id', '=', id).executeTakeFirst();
    return row && { finishedAt: fromColumn(row.finished_at), result: JSON.parse(row.result) };
  },
});
