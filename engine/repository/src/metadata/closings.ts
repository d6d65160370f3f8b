import type { Kysely, Transaction } from 'kysely';
import { lockCollection } from './collection-lock.ts';
import type { Tables } from './tables.ts';
import { fromColumn, toColumn } from './times.ts';

/** The collection is being removed. */
export class ClosedCollectionError extends Error {
  constructor() {
    super('the collection is being removed');
    this.name = 'ClosedCollectionError';
  }
}

/** Collections that take no new upload for a while, because somebody removes them. */
export interface ClosingStore {
  /**
   * False, and it stays open: uploads into it are open or being committed. Once it is closed, none begins until the instant,
   * whichever server is asked. Repeating it moves the instant.
   */
  close(collectionId: string, lease: { now: Date; until: Date }): Promise<boolean>;
  /** Idempotent. */
  reopen(collectionId: string): Promise<void>;
}

/** Throws a {@link ClosedCollectionError}. The collection must be locked. */
export const mustNotBeClosed = async (tx: Transaction<Tables>, collectionId: string, now: Date): Promise<void> => {
  const row = await tx
    .selectFrom('collection_states')
    .select('closed_until')
    .where('collection_id', '=', collectionId)
    .executeTakeFirst();
  const until = row?.closed_until ?? null;
  if (until !== null && fromColumn(until) > now) {
    throw new ClosedCollectionError();
  }
};

export const createClosingStore = (db: Kysely<Tables>): ClosingStore => ({
  close: (collectionId, { now, until }) =>
    db.transaction().execute(async (tx) => {
      await lockCollection(tx, collectionId, now);
      const open = await tx
        .selectFrom('uploads')
        .select('id')
        .where('collection_id', '=', collectionId)
        .where('state', 'in', ['open', 'committing'])
        .limit(1)
        .executeTakeFirst();
      if (open !== undefined) {
        return false;
      }
      await tx
        .updateTable('collection_states')
        .set({ closed_until: toColumn(until) })
        .where('collection_id', '=', collectionId)
        .execute();
      return true;
    }),
  reopen: async (collectionId) => {
    await db
      .updateTable('collection_states')
      .set({ closed_until: null })
      .where('collection_id', '=', collectionId)
      .execute();
  },
});
