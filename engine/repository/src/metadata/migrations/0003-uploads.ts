import type { AnyDatabase } from './any-database.ts';

export const uploadTables = async (db: AnyDatabase): Promise<void> => {
  await db.schema
    .createTable('uploads')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('collection_id', 'text', (column) => column.notNull())
    .addColumn('idempotency_key', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('reserved_bytes', 'bigint', (column) => column.notNull())
    .addColumn('session_id', 'text', (column) => column.notNull())
    .addColumn('uploader', 'text', (column) => column.notNull())
    .addColumn('lease_expires_at', 'timestamptz', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz', (column) => column.notNull())
    .addColumn('updated_at', 'timestamptz', (column) => column.notNull())
    .addColumn('version_id', 'text')
    .addColumn('version_number', 'bigint')
    .addColumn('filename', 'text')
    .addColumn('filesize', 'bigint')
    .addColumn('sha256', 'text')
    .addColumn('reason', 'text')
    .execute();
  await db.schema
    .createIndex('uploads_key')
    .unique()
    .on('uploads')
    .columns(['collection_id', 'idempotency_key'])
    .execute();
  await db.schema.createIndex('uploads_state').on('uploads').columns(['state', 'lease_expires_at']).execute();
  await db.schema
    .createTable('collection_states')
    .addColumn('collection_id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('last_version_number', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'timestamptz', (column) => column.notNull())
    .execute();
};
