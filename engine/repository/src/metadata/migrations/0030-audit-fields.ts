import type { AnyDatabase } from './any-database.ts';

export const auditFields = async (db: AnyDatabase): Promise<void> => {
  await db.schema.alterTable('audit_log').addColumn('request_id', 'text').execute();
  await db.schema.alterTable('audit_log').addColumn('detail', 'text').execute();
  await db.schema.createIndex('audit_log_user').on('audit_log').columns(['user', 'at']).execute();
  await db.schema.createIndex('audit_log_collection').on('audit_log').columns(['collection_id', 'at']).execute();
};
