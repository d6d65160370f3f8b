import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
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
  /** Of the stored secret that was given for it. Undefined: unknown, by a server that kept none. */
  readonly secretFingerprint: string | undefined;
}

export type NewSession = Omit<GrantedAccess, 'updatedAt' | 'deactivated'>;

export interface SessionStore {
  /** How often sessions of the user were ended together. To be read before the secret is looked at. */
  epochOf(user: string): Promise<number>;
  /**
   * False, and nothing recorded: the epoch of the user has passed, so what the session was decided on may count no longer.
   * Rejects when the id is taken by another session.
   */
  record(access: NewSession, epoch: number): Promise<boolean>;
  /** The session goes on with another secret. */
  restamp(id: string, secretFingerprint: string): Promise<void>;
  find(id: string): Promise<GrantedAccess | undefined>;
  /** Newest first, at most 100, whatever their state. */
  listOf(user: string): Promise<GrantedAccess[]>;
  /** Idempotent; the row stays. False: there is no such session. */
  revoke(id: string, at: Date): Promise<boolean>;
  /**
   * All live ones of the user, or those of one access key (empty: those without a key). Returns how many. Ends the epoch:
   * none that was decided before it is recorded after it.
   */
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
  secretFingerprint: row.secret_fingerprint ?? undefined,
});

/** Until the transaction ends, no other one gets to the sessions of the user this way. */
const lockEpoch = async (tx: Transaction<Tables>, user: string, rise: 0 | 1): Promise<number> => {
  const row = await tx
    .insertInto('session_epochs')
    .values({ user, epoch: rise })
    .onConflict((conflict) =>
      conflict.column('user').doUpdateSet({ epoch: sql<number>`session_epochs.epoch + ${sql.lit(rise)}` }),
    )
    .returning('epoch')
    .executeTakeFirstOrThrow();
  return Number(row.epoch);
};

const insertSession = async (tx: Transaction<Tables>, access: NewSession): Promise<void> => {
  const { numInsertedOrUpdatedRows } = await tx
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
      secret_fingerprint: access.secretFingerprint ?? null,
    })
    // Repeated after a lost answer, it is there already.
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet({ user: access.user })
        .where('granted_accesses.user', '=', access.user)
        .where('granted_accesses.access_key_name', '=', access.accessKeyName),
    )
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) {
    throw new Error('There is another session of that id');
  }
};

export const createSessionStore = (db: Kysely<Tables>): SessionStore => {
  const live = () => db.selectFrom('granted_accesses').selectAll().where('deleted_at', 'is', null);
  return {
    epochOf: async (user) => {
      const row = await db.selectFrom('session_epochs').select('epoch').where('user', '=', user).executeTakeFirst();
      return Number(row?.epoch ?? 0);
    },
    record: (access, epoch) =>
      db.transaction().execute(async (tx) => {
        if ((await lockEpoch(tx, access.user, 0)) !== epoch) {
          return false;
        }
        await insertSession(tx, access);
        return true;
      }),
    restamp: async (id, secretFingerprint) => {
      await db
        .updateTable('granted_accesses')
        .set({ secret_fingerprint: secretFingerprint })
        .where('id', '=', id)
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
    revokeAll: (user, { accessKeyName, except }, at) =>
      db.transaction().execute(async (tx) => {
        await lockEpoch(tx, user, 1);
        const result = await tx
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
      }),
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
