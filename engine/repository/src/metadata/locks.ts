import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';
import { toColumn } from './times.ts';

/** Locks with a holder and an end: whoever dies holding one blocks others until it expires, not longer. */
export interface LockStore {
  /** False: somebody else holds it and it has not expired. Repeating it with the same owner succeeds. */
  acquire(id: string, owner: string, lease: { now: Date; until: Date }): Promise<boolean>;
  /** False: it is no longer the owner's. */
  renew(id: string, owner: string, until: Date): Promise<boolean>;
  /** Idempotent. */
  release(id: string, owner: string): Promise<void>;
  releaseAll(): Promise<void>;
}

export const createLockStore = (db: Kysely<Tables>): LockStore => ({
  acquire: async (id, owner, { now, until }) => {
    const values = { owner, expires: toColumn(until) };
    const result = await db
      .insertInto('locks')
      .values({ id, ...values })
      .onConflict((conflict) =>
        conflict
          .column('id')
          .doUpdateSet(values)
          .where((where) => where.or([where('locks.expires', '<=', toColumn(now)), where('locks.owner', '=', owner)])),
      )
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  },
  renew: async (id, owner, until) => {
    const result = await db
      .updateTable('locks')
      .set({ expires: toColumn(until) })
      .where('id', '=', id)
      .where('owner', '=', owner)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  },
  release: async (id, owner) => {
    await db.deleteFrom('locks').where('id', '=', id).where('owner', '=', owner).execute();
  },
  releaseAll: async () => {
    await db.deleteFrom('locks').execute();
  },
});
