import type { AnyDatabase } from './any-database.ts';

/** The schema of the old server. On its database the tables are there already and stay as they are. */
export const oldSchema = async (db: AnyDatabase): Promise<void> => {
  const table = (name: string) =>
    db.schema
      .createTable(name)
      .ifNotExists()
      .addColumn('id', 'text', (column) => column.primaryKey().notNull());
  await table('granted_accesses')
    .addColumn('created_at', 'timestamptz')
    .addColumn('updated_at', 'timestamptz')
    .addColumn('deleted_at', 'timestamptz')
    .addColumn('expires_at', 'timestamptz')
    .addColumn('deactivated', 'boolean')
    .addColumn('description', 'text')
    .addColumn('requester_ip', 'text')
    .addColumn('user', 'text')
    .addColumn('access_key_name', 'text')
    .execute();
  await table('uploaded_versions')
    .addColumn('collection_id', 'text')
    .addColumn('version_number', 'bigint')
    .addColumn('filename', 'text')
    .addColumn('filesize', 'bigint')
    .addColumn('uploaded_by_session_id', 'text')
    .addColumn('uploader', 'text')
    .addColumn('created_at', 'timestamptz')
    .addColumn('updated_at', 'timestamptz')
    .addColumn('deleted_at', 'timestamptz')
    .execute();
  await table('locks').addColumn('expires', 'timestamptz').execute();
  for (const name of ['granted_accesses', 'uploaded_versions']) {
    await db.schema.createIndex(`idx_${name}_deleted_at`).ifNotExists().on(name).column('deleted_at').execute();
  }
};
