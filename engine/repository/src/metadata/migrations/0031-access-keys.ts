import type { AnyDatabase } from './any-database.ts';

export const accessKeyTable = async (db: AnyDatabase): Promise<void> => {
  await db.schema
    .createTable('access_keys')
    .addColumn('user', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('created_at', 'timestamptz')
    .addColumn('created_by', 'text')
    .addColumn('rotated_at', 'timestamptz')
    .addColumn('expires_at', 'timestamptz')
    .addColumn('previous_hash', 'text')
    .addColumn('previous_until', 'timestamptz')
    .addColumn('last_used_at', 'timestamptz')
    .addColumn('last_used_ip', 'text')
    .addPrimaryKeyConstraint('access_keys_key', ['user', 'name'])
    .execute();
  await db.schema.createIndex('granted_accesses_user').ifNotExists().on('granted_accesses').column('user').execute();
};
