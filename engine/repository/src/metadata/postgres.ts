import { Kysely, PostgresDialect } from 'kysely';
import { Pool } from 'pg';
import { createMetadataStore, type MetadataStore } from './metadata-store.ts';
import { migrate } from './migrations.ts';
import type { Tables } from './tables.ts';

export interface PostgresOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Connections at once. Default: 10. */
  readonly maxConnections?: number;
  /** Told about connections that break while nobody uses them. */
  readonly onError: (error: unknown) => void;
}

const connectTimeout = 5000;

/** Connects and brings the schema up to date, also that of the old server. What lies in TLS is set by `PG*` variables. */
export const openPostgresMetadata = async (options: PostgresOptions): Promise<MetadataStore> => {
  const { maxConnections = 10, onError, ...connection } = options;
  const pool = new Pool({ ...connection, max: maxConnections, connectionTimeoutMillis: connectTimeout });
  pool.on('error', onError);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return createMetadataStore(db, false);
};
