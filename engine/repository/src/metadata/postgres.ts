import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, PostgresDialect } from 'kysely';
import { Pool, type PoolConfig } from 'pg';
import type { RetryPolicy } from '../blobs/retries.ts';
import { createMetadataStore, type MetadataStore } from './metadata-store.ts';
import { migrate } from './migrations.ts';
import { retryingStore } from './retrying-store.ts';
import type { Tables } from './tables.ts';
import { postgresClock } from './turns.ts';

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

/** Milliseconds. */
const connectTimeout = 5000;
const queryTimeout = 60_000;
const idleTransactionSeconds = 30;

const times = { sleep: (milliseconds: number) => delay(milliseconds), random: Math.random };
/** Outlives a restart of the database: about ten seconds. */
const patient: RetryPolicy = { attempts: 10, baseDelay: 200, maxDelay: 3000, ...times };

/** A server that loses its power in a transaction must not lock its collection for hours. */
const openPool = (options: PoolConfig, onError: (error: unknown) => void): Pool => {
  const pool = new Pool({ keepAlive: true, connectionTimeoutMillis: connectTimeout, ...options });
  pool.on('error', onError);
  pool.on('connect', (client) => {
    client.on('error', onError);
    client.query(`set idle_in_transaction_session_timeout = '${idleTransactionSeconds}s'`).catch(onError);
  });
  return pool;
};

const migrateOnce = async (connection: PoolConfig, onError: (error: unknown) => void): Promise<void> => {
  const pool = openPool({ ...connection, max: 1 }, onError);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await migrate(db);
  } finally {
    await db.destroy();
  }
};

const withRetrying = (store: MetadataStore): MetadataStore => ({
  ...store,
  uploads: retryingStore(store.uploads, patient),
  closings: retryingStore(store.closings, patient),
  locks: retryingStore(store.locks, patient),
  turns: retryingStore(store.turns, patient),
  versions: retryingStore(store.versions, patient),
  sessions: retryingStore(store.sessions, patient),
});

/** Connects and brings the schema up to date, also that of the old server. What lies in TLS is set by `PG*` variables. */
export const openPostgresMetadata = async (options: PostgresOptions): Promise<MetadataStore> => {
  const { maxConnections = 10, onError, ...connection } = options;
  await migrateOnce(connection, onError);
  const pool = openPool({ ...connection, max: maxConnections, query_timeout: queryTimeout }, onError);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return withRetrying(createMetadataStore(db, { exclusive: false, databaseClock: postgresClock }));
};
