import type { AnyDatabase } from './any-database.ts';

export const auditTable = async (db: AnyDatabase): Promise<void> => {
  await db.schema
    .createTable('audit_log')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('at', 'timestamptz', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('user', 'text')
    .addColumn('access_key_name', 'text')
    .addColumn('session_id', 'text')
    .addColumn('collection_id', 'text')
    .addColumn('target', 'text')
    .addColumn('requester_ip', 'text')
    .execute();
  await db.schema.createIndex('audit_log_at').on('audit_log').column('at').execute();
};
