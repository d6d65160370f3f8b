import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';
import { oldSchema } from './migrations/0001-old-schema.ts';
import { commitColumns } from './migrations/0002-commit-columns.ts';
import { uploadTables } from './migrations/0003-uploads.ts';
import { auditTable } from './migrations/0004-audit-log.ts';
import { uploadTurns } from './migrations/0010-upload-turns.ts';
import { holdsAndVerification } from './migrations/0020-holds-and-verification.ts';
import { auditFields } from './migrations/0030-audit-fields.ts';
import { accessKeyTable } from './migrations/0031-access-keys.ts';
import { numbersGivenTwice } from './migrations/0040-numbers-given-twice.ts';
import { sessionSecrets } from './migrations/0041-session-secrets.ts';
import { closingCollections } from './migrations/0042-closing-collections.ts';
import type { AnyDatabase } from './migrations/any-database.ts';

/** Numbered, applied in order, never changed once released. They are additive and know nothing of each other. */
const migrations: Record<string, Migration> = {
  '0001-old-schema': { up: oldSchema },
  '0002-commit-columns': { up: commitColumns },
  '0003-uploads': { up: uploadTables },
  '0004-audit-log': { up: auditTable },
  '0010-upload-turns': { up: uploadTurns },
  '0020-holds-and-verification': { up: holdsAndVerification },
  '0030-audit-fields': { up: auditFields },
  '0031-access-keys': { up: accessKeyTable },
  '0040-numbers-given-twice': { up: numbersGivenTwice },
  '0041-session-secrets': { up: sessionSecrets },
  '0042-closing-collections': { up: closingCollections },
};
const provider: MigrationProvider = { getMigrations: async () => migrations };

/** Rejects when the schema cannot be brought up to date; then the server must not start. */
export const migrate = async (db: AnyDatabase): Promise<void> => {
  const { error } = await new Migrator({
    db,
    provider,
    allowUnorderedMigrations: true,
    migrationTableName: 'backstay_migrations',
    migrationLockTableName: 'backstay_migration_lock',
  }).migrateToLatest();
  if (error !== undefined) {
    throw new Error('The database schema could not be brought up to date', { cause: error });
  }
};
