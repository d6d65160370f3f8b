import type { AnyDatabase } from './any-database.ts';

export const closingCollections = async (db: AnyDatabase): Promise<void> => {
  await db.schema.alterTable('collection_states').addColumn('closed_until', 'timestamptz').execute();
};
