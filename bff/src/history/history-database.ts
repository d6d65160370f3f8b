import { createSqliteDialect, openShared } from '@backstay/sqlite';
import { type Generated, Kysely } from 'kysely';

/** Instants are milliseconds since 1970. */
export interface HistorySchema {
  sign_in_codes: { code_hash: string; expires_at: number };
  sessions: {
    id_hash: string;
    user_name: string;
    /** JSON array. */
    user_groups: string;
    /** The person's token, sealed with a key that only the cookie yields; null where the process knows it. */
    sealed_token: Uint8Array | null;
    created_at: number;
    seen_at: number;
    expires_at: number;
  };
  jobs: {
    id: string;
    namespace: string;
    name: string;
    schedule: string;
    operation: string;
    state: string;
    created_at: number;
    finished_at: number;
    /** 1 once the Job is gone from the cluster. */
    gone: number;
    has_log: number;
    /** A job detail of the API, as JSON. */
    detail: string;
  };
  audit_log: {
    id: Generated<number>;
    at: number;
    user_name: string;
    action: string;
    namespace: string;
    name: string;
    outcome: string;
    request_id: string;
  };
}

export type HistoryDatabase = Kysely<HistorySchema>;

/** One entry a schema version, applied in order; an entry that was released is never changed. */
const migrations = [
  `create table sign_in_codes (code_hash text primary key, expires_at integer not null) strict;
   create table sessions (
     id_hash text primary key, user_name text not null, user_groups text not null, sealed_token blob,
     created_at integer not null, seen_at integer not null, expires_at integer not null
   ) strict;
   create table jobs (
     id text primary key, namespace text not null, name text not null, schedule text not null, operation text not null,
     state text not null, created_at integer not null, finished_at integer not null, gone integer not null,
     has_log integer not null, detail text not null
   ) strict;
   create index jobs_by_name on jobs (namespace, name);
   create index jobs_by_schedule on jobs (namespace, schedule, created_at);
   create index jobs_by_age on jobs (gone, created_at, id);
   create table audit_log (
     id integer primary key, at integer not null, user_name text not null, action text not null,
     namespace text not null, name text not null, outcome text not null, request_id text not null
   ) strict;
   create index audit_log_by_age on audit_log (at);`,
];

/** Opens the console's database, creating or upgrading it. A database of a newer Backstay is refused. */
export function openHistory(file: string): HistoryDatabase {
  const sqlite = openShared(file);
  const [row] = sqlite.prepare('pragma user_version').all() as { user_version: number }[];
  const current = row?.user_version ?? 0;
  if (current > migrations.length) {
    sqlite.close();
    throw new Error(`${file} was written by a newer version of Backstay: start that one, or use another home folder.`);
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < current) continue;
    sqlite.exec(`begin immediate; ${migration} pragma user_version = ${index + 1}; commit`);
  }
  return new Kysely<HistorySchema>({ dialect: createSqliteDialect(sqlite) });
}
