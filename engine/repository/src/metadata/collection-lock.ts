import { sql, type Transaction } from 'kysely';
import type { Tables } from './tables.ts';
import { toColumn } from './times.ts';

/** Serialises everything that counts or numbers in one collection until the transaction ends, and knows the last number. */
export const lockCollection = async (tx: Transaction<Tables>, collectionId: string, now: Date): Promise<number> => {
  const updated_at = toColumn(now);
  const highest = tx
    .selectFrom('uploaded_versions')
    .select((select) => select.fn.coalesce(select.fn.max('version_number'), sql<number>`0`).as('highest'))
    .where('collection_id', '=', collectionId);
  const known = await tx
    .updateTable('collection_states')
    .set({ updated_at })
    .where('collection_id', '=', collectionId)
    .returning('last_version_number')
    .executeTakeFirst();
  const { highest: last } = await highest.executeTakeFirstOrThrow();
  if (known !== undefined) {
    // An old server may have had the database in between: it knows nothing of the counter.
    return Math.max(Number(known.last_version_number), Number(last));
  }
  const row = await tx
    .insertInto('collection_states')
    .values({ collection_id: collectionId, last_version_number: Number(last), updated_at })
    .onConflict((conflict) => conflict.column('collection_id').doUpdateSet({ updated_at }))
    .returning('last_version_number')
    .executeTakeFirstOrThrow();
  return Number(row.last_version_number);
};
