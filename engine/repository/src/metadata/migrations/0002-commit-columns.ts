import { sql } from 'kysely';
import type { AnyDatabase } from './any-database.ts';

export const commitColumns = async (db: AnyDatabase): Promise<void> => {
  await db.schema.alterTable('uploaded_versions').addColumn('sha256', 'text').execute();
  await db.schema.alterTable('uploaded_versions').addColumn('bytes_removed_at', 'timestamptz').execute();
  // Whatever was deleted before is none of the sweeper's business: old rows may share a path with live ones.
  await sql`update uploaded_versions set bytes_removed_at = deleted_at where deleted_at is not null`.execute(db);
  // The old server leaves its locks behind when it is stopped, for up to three hours.
  await sql`delete from locks`.execute(db);
  await db.schema.alterTable('locks').addColumn('owner', 'text').execute();
  await sql`create index uploaded_versions_to_remove on uploaded_versions (deleted_at)
    where bytes_removed_at is null`.execute(db);
  await db.schema.createIndex('granted_accesses_user').on('granted_accesses').columns(['user', 'created_at']).execute();
};
