import type { Kysely, Selectable } from 'kysely';
import type { GrantedAccessesTable, Tables } from './tables.ts';
import { fromColumn, toColumn } from './times.ts';

/** One issued token. The token itself is stored nowhere. */
export interface GrantedAccess {
  /** Hex SHA-256 of the token. */
  readonly id: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt: Date | undefined;
  readonly deactivated: boolean;
  readonly description: string;
  readonly requesterIp: string;
  readonly user: string;
  readonly accessKeyName: string;
}

export interface SessionStore {
  /** Rejects when the id is taken. */
  record(access: Omit<GrantedAccess, 'updatedAt' | 'deactivated'>): Promise<void>;
  find(id: string): Promise<GrantedAccess | undefined>;
  /** Newest first, at most 100, whatever their state. */
  listOf(user: string): Promise<GrantedAccess[]>;
  /** Idempotent; the row stays. False: there is no such session. */
  revoke(id: string, at: Date): Promise<boolean>;
  /** All live ones of the user, or those of one access key (empty: those without a key). Returns how many. */
  revokeAll(user: string, which: { accessKeyName?: string; except?: string }, at: Date): Promise<number>;
  /** No session of the access key lasts longer than this. */
  shorten(user: string, accessKeyName: string, until: Date): Promise<void>;
  /** Removes what expired before the instant. */
  purgeExpired(before: Date): Promise<number>;
}

const listLimit = 100;

const fromRow = (row: Selectable<GrantedAccessesTable>): GrantedAccess => ({
  id: row.id,
  createdAt: fromColumn(row.created_at),
  updatedAt: fromColumn(row.updated_at),
  expiresAt: row.expires_at === null ? undefined : fromColumn(row.expires_at),
  deactivated: Boolean(row.deactivated),
  description: row.description ?? '',
  requesterIp: row.requester_ip ?? '',
  user: row.user ?? '',
  accessKeyName: row.access_key_name ?? '',
});

export const createSessionStore = (db: Kysely<Tables>): SessionStore => {
  const live = () => db.selectFrom('granted_accesses').selectAll().where('deleted_at', 'is', null);
  return {
    record: async (access) => {
      await db
        .insertInto('granted_accesses')
        .values({
          id: access.id,
          created_at: toColumn(access.createdAt),
          updated_at: toColumn(access.createdAt),
          deleted_at: null,
          expires_at: access.expiresAt === undefined ? null : toColumn(access.expiresAt),
          deactivated: false,
          description: access.description,
          requester_ip: access.requesterIp,
          user: access.user,
          access_key_name: access.accessKeyName,
        })
        .execute();
    },
    find: async (id) => {
      const row = await live().where('id', '=', id).executeTakeFirst();
      return row && fromRow(row);
    },
    listOf: async (user) => {
      const rows = await live().where('user', '=', user).orderBy('created_at', 'desc').limit(listLimit).execute();
      return rows.map(fromRow);
    },
    revoke: async (id, at) => {
      const result = await db
        .updateTable('granted_accesses')
        .set({ deactivated: true, updated_at: toColumn(at) })
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    revokeAll: async (user, { accessKeyName, except }, at) => {
      const result = await db
        .updateTable('granted_accesses')
        .set({ deactivated: true, updated_at: toColumn(at) })
        .where('user', '=', user)
        .where('deleted_at', 'is', null)
        .where(({ eb, or }) => or([eb('deactivated', '=', false), eb('deactivated', 'is', null)]))
        .where(({ eb, or }) => or([eb('expires_at', '>', toColumn(at)), eb('expires_at', 'is', null)]))
        .$if(accessKeyName !== undefined, (query) => query.where('access_key_name', '=', accessKeyName ?? ''))
        .$if(except !== undefined, (query) => query.where('id', '!=', except ?? ''))
        .executeTakeFirst();
      return Number(result.numUpdatedRows);
    },
    shorten: async (user, accessKeyName, until) => {
      await db
        .updateTable('granted_accesses')
        .set({ expires_at: toColumn(until) })
        .where('user', '=', user)
        .where('access_key_name', '=', accessKeyName)
        .where(({ eb, or }) => or([eb('expires_at', '>', toColumn(until)), eb('expires_at', 'is', null)]))
        .execute();
    },
    purgeExpired: async (before) => {
      const result = await db
        .deleteFrom('granted_accesses')
        .where('expires_at', '<', toColumn(before))
        .executeTakeFirst();
      return Number(result.numDeletedRows);
    },
  };
};
