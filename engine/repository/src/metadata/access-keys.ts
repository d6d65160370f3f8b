import type { Kysely, Selectable } from 'kysely';
import type { AccessKeysTable, Tables } from './tables.ts';
import { fromColumn, toColumn } from './times.ts';

/** What is known of an access key beside its document, which holds its roles and the hash of its secret. */
export interface AccessKeyRecord {
  readonly user: string;
  readonly name: string;
  /** Undefined: the key was not made through the API. */
  readonly createdAt: Date | undefined;
  readonly createdBy: string | undefined;
  readonly rotatedAt: Date | undefined;
  /** From then on the key is dead. */
  readonly expiresAt: Date | undefined;
  /** Of the secret before the rotation; counts until `previousUntil`. */
  readonly previousHash: string | undefined;
  readonly previousUntil: Date | undefined;
  readonly lastUsedAt: Date | undefined;
  readonly lastUsedIp: string | undefined;
}

export interface AccessKeyStore {
  find(user: string, name: string): Promise<AccessKeyRecord | undefined>;
  listOf(user: string): Promise<AccessKeyRecord[]>;
  /** Makes or replaces the record: nothing of an older key with that name stays. */
  created(key: { user: string; name: string; at: Date; by: string; expiresAt: Date | undefined }): Promise<void>;
  expire(user: string, name: string, expiresAt: Date | undefined): Promise<void>;
  rotated(
    user: string,
    name: string,
    change: { at: Date; previousHash: string | undefined; previousUntil: Date | undefined },
  ): Promise<void>;
  used(user: string, name: string, use: { at: Date; ip: string }): Promise<void>;
  /** One key, or all of the user. Idempotent. */
  forget(user: string, name?: string): Promise<void>;
}

const time = (value: Selectable<AccessKeysTable>['expires_at']): Date | undefined =>
  value === null ? undefined : fromColumn(value);
const column = (value: Date | undefined): string | null => (value === undefined ? null : toColumn(value));

const fromRow = (row: Selectable<AccessKeysTable>): AccessKeyRecord => ({
  user: row.user,
  name: row.name,
  createdAt: time(row.created_at),
  createdBy: row.created_by ?? undefined,
  rotatedAt: time(row.rotated_at),
  expiresAt: time(row.expires_at),
  previousHash: row.previous_hash ?? undefined,
  previousUntil: time(row.previous_until),
  lastUsedAt: time(row.last_used_at),
  lastUsedIp: row.last_used_ip ?? undefined,
});

const blank = {
  created_at: null,
  created_by: null,
  rotated_at: null,
  expires_at: null,
  previous_hash: null,
  previous_until: null,
  last_used_at: null,
  last_used_ip: null,
};

export const createAccessKeyStore = (db: Kysely<Tables>): AccessKeyStore => {
  /** Keys of hand-written documents have no record until something is to be said of them. */
  const upsert = async (user: string, name: string, fields: Partial<typeof blank> | Record<string, string | null>) => {
    await db
      .insertInto('access_keys')
      .values({ ...blank, user, name, ...fields })
      .onConflict((conflict) => conflict.columns(['user', 'name']).doUpdateSet(fields))
      .execute();
  };
  return {
    find: async (user, name) => {
      const row = await db
        .selectFrom('access_keys')
        .selectAll()
        .where('user', '=', user)
        .where('name', '=', name)
        .executeTakeFirst();
      return row && fromRow(row);
    },
    listOf: async (user) => {
      const rows = await db.selectFrom('access_keys').selectAll().where('user', '=', user).execute();
      return rows.map(fromRow);
    },
    created: ({ user, name, at, by, expiresAt }) =>
      upsert(user, name, { ...blank, created_at: toColumn(at), created_by: by, expires_at: column(expiresAt) }),
    expire: (user, name, expiresAt) => upsert(user, name, { expires_at: column(expiresAt) }),
    rotated: (user, name, { at, previousHash, previousUntil }) =>
      upsert(user, name, {
        rotated_at: toColumn(at),
        previous_hash: previousHash ?? null,
        previous_until: column(previousUntil),
      }),
    used: (user, name, { at, ip }) => upsert(user, name, { last_used_at: toColumn(at), last_used_ip: ip }),
    forget: async (user, name) => {
      await db
        .deleteFrom('access_keys')
        .where('user', '=', user)
        .$if(name !== undefined, (query) => query.where('name', '=', name ?? ''))
        .execute();
    },
  };
};
