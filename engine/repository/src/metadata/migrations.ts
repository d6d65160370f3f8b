import { type Kysely, sql } from 'kysely';
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration';

// biome-ignore lint/suspicious/noExplicitAny: a migration speaks of a schema that the types of today do not describe.
type AnyDatabase = Kysely<any>;

/** The schema of the old server. On its database the tables are there already and stay as they are. */
const oldSchema = async (db: AnyDatabase): Promise<void> => {
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

const commitColumns = async (db: AnyDatabase): Promise<void> => {
  await db.schema.alterTable('uploaded_versions').addColumn('sha256', 'text').execute();
  await db.schema.alterTable('uploaded_versions').addColumn('bytes_removed_at', 'timestamptz').execute();
  // Whatever was deleted before is none of the sweeper's business: old rows may share a path with live ones.
  await sql`update uploaded_versions set bytes_removed_at = deleted_at where deleted_at is not null`.execute(db);
  await db.schema.alterTable('locks').addColumn('owner', 'text').execute();
  await sql`create unique index uploaded_versions_live_number on uploaded_versions (collection_id, version_number)
    where deleted_at is null`.execute(db);
  await sql`create index uploaded_versions_to_remove on uploaded_versions (deleted_at)
    where bytes_removed_at is null`.execute(db);
  await db.schema.createIndex('granted_accesses_user').on('granted_accesses').columns(['user', 'created_at']).execute();
};

const uploadTables = async (db: AnyDatabase): Promise<void> => {
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

const auditTable = async (db: AnyDatabase): Promise<void> => {
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

/** Numbered, applied in order, never changed once released. */
const migrations: Record<string, Migration> = {
  '0001-old-schema': { up: oldSchema },
  '0002-commit-columns': { up: commitColumns },
  '0003-uploads': { up: uploadTables },
  '0004-audit-log': { up: auditTable },
};
const provider: MigrationProvider = { getMigrations: async () => migrations };

/** Rejects when the schema cannot be brought up to date; then the server must not start. */
export const migrate = async (db: AnyDatabase): Promise<void> => {
  const { error } = await new Migrator({
    db,
    provider,
    migrationTableName: 'backstay_migrations',
    migrationLockTableName: 'backstay_migration_lock',
  }).migrateToLatest();
  if (error !== undefined) {
    throw new Error('The database schema could not be brought up to date', { cause: error });
  }
};
