import type { Kysely, Selectable } from 'kysely';
import type { AuditLogTable, Tables } from './tables.ts';
import { fromColumn, toColumn } from './times.ts';

/**
 * `allowed`: it could be read. `done`: it was changed. `denied`: there was no right to it. `failed`: there was, but it
 * could not be done.
 */
export type AuditOutcome = 'allowed' | 'denied' | 'done' | 'failed';

/** Who did or tried what. Never holds a secret. */
export interface AuditEntry {
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly user?: string;
  readonly accessKeyName?: string;
  readonly sessionId?: string;
  readonly collectionId?: string;
  /** What it was done to: a version, another session, a user. */
  readonly target?: string;
  readonly requesterIp?: string;
  readonly requestId?: string;
  /** e.g. names of fields that were changed, never their values. */
  readonly detail?: string;
}

export interface AuditRecord extends AuditEntry {
  readonly id: string;
  readonly at: Date;
}

export interface AuditFilter {
  readonly user?: string;
  readonly collectionId?: string;
  readonly action?: string;
  readonly outcome?: AuditOutcome;
  /** From this instant on. */
  readonly since?: Date;
  /** Before this instant. */
  readonly until?: Date;
}

/** Where a page ended. */
export type AuditPosition = Pick<AuditRecord, 'id' | 'at'>;

export interface AuditLog {
  append(entry: AuditEntry, at: Date): Promise<void>;
  /** One transaction: all or none. */
  appendAll(entries: readonly (AuditEntry & { readonly at: Date })[]): Promise<void>;
  /** Newest first. What is added meanwhile never shifts the next page. */
  page(filter: AuditFilter, options: { limit: number; after?: AuditPosition | undefined }): Promise<AuditRecord[]>;
  /** Removes what is older; returns how many. */
  purge(before: Date): Promise<number>;
}

const maxTextLength = 256;
const maxRowsPerInsert = 50;
/** Databases refuse NUL and halves of characters; one such name must not cost the entries beside it. */
const clean = (text: string): string => text.slice(0, maxTextLength).replaceAll('\0', '').toWellFormed();
const short = (text: string | undefined): string | null => (text === undefined ? null : clean(text));

const toRow = (entry: AuditEntry & { readonly at: Date }) => ({
  id: crypto.randomUUID(),
  at: toColumn(entry.at),
  action: clean(entry.action),
  outcome: entry.outcome,
  user: short(entry.user),
  access_key_name: short(entry.accessKeyName),
  session_id: short(entry.sessionId),
  collection_id: short(entry.collectionId),
  target: short(entry.target),
  requester_ip: short(entry.requesterIp),
  request_id: short(entry.requestId),
  detail: short(entry.detail),
});

const fromRow = (row: Selectable<AuditLogTable>): AuditRecord => ({
  id: row.id,
  at: fromColumn(row.at),
  action: row.action,
  outcome: row.outcome as AuditOutcome,
  user: row.user ?? undefined,
  accessKeyName: row.access_key_name ?? undefined,
  sessionId: row.session_id ?? undefined,
  collectionId: row.collection_id ?? undefined,
  target: row.target ?? undefined,
  requesterIp: row.requester_ip ?? undefined,
  requestId: row.request_id ?? undefined,
  detail: row.detail ?? undefined,
});

const filtered = (db: Kysely<Tables>, filter: AuditFilter) => {
  const { user, collectionId, action, outcome, since, until } = filter;
  return db
    .selectFrom('audit_log')
    .selectAll()
    .$if(user !== undefined, (query) => query.where('user', '=', user ?? ''))
    .$if(collectionId !== undefined, (query) => query.where('collection_id', '=', collectionId ?? ''))
    .$if(action !== undefined, (query) => query.where('action', '=', action ?? ''))
    .$if(outcome !== undefined, (query) => query.where('outcome', '=', outcome ?? ''))
    .$if(since !== undefined, (query) => query.where('at', '>=', toColumn(since ?? new Date(0))))
    .$if(until !== undefined, (query) => query.where('at', '<', toColumn(until ?? new Date(0))));
};

export const createAuditLog = (db: Kysely<Tables>): AuditLog => ({
  append: async (entry, at) => {
    await db
      .insertInto('audit_log')
      .values(toRow({ ...entry, at }))
      .execute();
  },
  appendAll: async (entries) => {
    await db.transaction().execute(async (transaction) => {
      for (let start = 0; start < entries.length; start += maxRowsPerInsert) {
        const rows = entries.slice(start, start + maxRowsPerInsert).map(toRow);
        await transaction.insertInto('audit_log').values(rows).execute();
      }
    });
  },
  page: async (filter, { limit, after }) => {
    const at = toColumn(after?.at ?? new Date(0));
    const rows = await filtered(db, filter)
      .$if(after !== undefined, (query) =>
        query.where(({ eb, or, and }) =>
          or([eb('at', '<', at), and([eb('at', '=', at), eb('id', '<', after?.id ?? '')])]),
        ),
      )
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return rows.map(fromRow);
  },
  purge: async (before) => {
    const result = await db.deleteFrom('audit_log').where('at', '<', toColumn(before)).executeTakeFirst();
    return Number(result.numDeletedRows);
  },
});
