import type { AnyDatabase } from './any-database.ts';

/** Sessions of servers before have no fingerprint: they live on until they are revoked or expire. */
export const sessionSecrets = async (db: AnyDatabase): Promise<void> => {
  await db.schema.alterTable('granted_accesses').addColumn('secret_fingerprint', 'text').execute();
  await db.schema
    .createTable('session_epochs')
    .addColumn('user', 'text', (column) => column.primaryKey())
    .addColumn('epoch', 'integer', (column) => column.notNull())
    .execute();
};
