import type { AnyDatabase } from './any-database.ts';

export const uploadTurns = async (db: AnyDatabase): Promise<void> => {
  await db.schema
    .createTable('upload_turns')
    .addColumn('upload_id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('owner', 'text')
    .addColumn('expires_at', 'timestamptz', (column) => column.notNull())
    .addColumn('number', 'bigint', (column) => column.notNull())
    .addColumn('wanted', 'integer', (column) => column.notNull())
    .execute();
};
