import { sql } from 'kysely';
import { toColumn } from '../times.ts';
import type { AnyDatabase } from './any-database.ts';

const earliest = '0001-01-01T00:00:00.000Z';

/** True for a live row beside which a newer live one exists that agrees in the columns. */
const hasNewer = (...columns: string[]) => sql`deleted_at is null and exists (
    select 1 from uploaded_versions as newer
    where newer.deleted_at is null and newer.id <> uploaded_versions.id
      and ${sql.join(
        columns.map((column) => sql`newer.${sql.ref(column)} = uploaded_versions.${sql.ref(column)}`),
        sql` and `,
      )}
      and (coalesce(newer.created_at, ${sql.lit(earliest)}) > coalesce(uploaded_versions.created_at, ${sql.lit(earliest)})
        or (coalesce(newer.created_at, ${sql.lit(earliest)}) = coalesce(uploaded_versions.created_at, ${sql.lit(earliest)})
          and newer.id > uploaded_versions.id)))`;

/**
 * The old server let two uploads at once have one number, and templates without a number give all versions one file. Only
 * the newest version of a file has its bytes, so the others leave the list and no bytes are removed for them. Versions with
 * one number and files of their own all stay: the newest has the number, the others are marked.
 */
export const numbersGivenTwice = async (db: AnyDatabase): Promise<void> => {
  await sql`drop index if exists uploaded_versions_live_number`.execute(db);
  await sql`create index if not exists uploaded_versions_number on uploaded_versions (collection_id, version_number)`.execute(
    db,
  );
  await db.schema.alterTable('uploaded_versions').addColumn('twin_of', 'text').execute();
  const now = sql.lit(toColumn(new Date()));
  await sql`update uploaded_versions set deleted_at = ${now}, bytes_removed_at = ${now}
    where ${hasNewer('collection_id', 'filename')}`.execute(db);
  await sql`update uploaded_versions set twin_of = (
      select newest.id from uploaded_versions as newest
      where newest.deleted_at is null and newest.collection_id = uploaded_versions.collection_id
        and newest.version_number = uploaded_versions.version_number
      order by newest.created_at desc, newest.id desc limit 1)
    where ${hasNewer('collection_id', 'version_number')}`.execute(db);
  await sql`create unique index uploaded_versions_live_number on uploaded_versions (collection_id, version_number)
    where deleted_at is null and twin_of is null`.execute(db);
};
