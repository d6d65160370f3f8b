import { sql } from 'kysely';
import type { AnyDatabase } from './any-database.ts';

/** All nullable: the old server goes on to write rows without them. */
const columns = {
  held_at: 'timestamptz',
  held_until: 'timestamptz',
  held_by: 'text',
  hold_reason: 'text',
  verified_at: 'timestamptz',
  verification: 'text',
  verification_detail: 'text',
  digest_origin: 'text',
  object_seen_at: 'timestamptz',
} as const;

export const holdsAndVerification = async (db: AnyDatabase): Promise<void> => {
  for (const [name, type] of Object.entries(columns)) {
    await db.schema.alterTable('uploaded_versions').addColumn(name, type).execute();
  }
  await sql`create index uploaded_versions_to_verify on uploaded_versions (coalesce(verified_at, created_at))
    where deleted_at is null`.execute(db);
  await sql`create index uploaded_versions_file on uploaded_versions (collection_id, filename)
    where bytes_removed_at is null`.execute(db);
  await db.schema
    .createTable('orphans')
    .addColumn('key', 'text', (column) => column.primaryKey().notNull())
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .addColumn('modified_at', 'timestamptz', (column) => column.notNull())
    .addColumn('first_seen_at', 'timestamptz', (column) => column.notNull())
    .addColumn('last_seen_at', 'timestamptz', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('maintenance')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('finished_at', 'timestamptz', (column) => column.notNull())
    .addColumn('result', 'text', (column) => column.notNull())
    .execute();
};
