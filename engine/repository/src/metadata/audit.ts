import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';
import { toColumn } from './times.ts';

/** Who did or tried what. Never holds a secret. */
export interface AuditEntry {
  readonly action: string;
  readonly outcome: 'allowed' | 'denied' | 'done' | 'failed';
  readonly user?: string;
  readonly accessKeyName?: string;
  readonly sessionId?: string;
  readonly collectionId?: string;
  /** What it was done to: a version, another session. */
  readonly target?: string;
  readonly requesterIp?: string;
}

export interface AuditLog {
  append(entry: AuditEntry, at: Date): Promise<void>;
  /** Newest first. */
  latest(limit: number): Promise<(AuditEntry & { at: string })[]>;
}

const maxTextLength = 256;
const short = (text: string | undefined): string | null => text?.slice(0, maxTextLength) ?? null;

export const createAuditLog = (db: Kysely<Tables>): AuditLog => ({
  append: async (entry, at) => {
    await db
      .insertInto('audit_log')
      .values({
        id: crypto.randomUUID(),
        at: toColumn(at),
        action: entry.action,
        outcome: entry.outcome,
        user: short(entry.user),
        access_key_name: short(entry.accessKeyName),
        session_id: short(entry.sessionId),
        collection_id: short(entry.collectionId),
        target: short(entry.target),
        requester_ip: short(entry.requesterIp),
      })
      .execute();
  },
  latest: async (limit) => {
    const rows = await db.selectFrom('audit_log').selectAll().orderBy('at', 'desc').limit(limit).execute();
    return rows.map((row) => ({
      at: new Date(row.at).toISOString(),
      action: row.action,
      outcome: row.outcome as AuditEntry['outcome'],
      user: row.user ?? undefined,
      accessKeyName: row.access_key_name ?? undefined,
      sessionId: row.session_id ?? undefined,
      collectionId: row.collection_id ?? undefined,
      target: row.target ?? undefined,
      requesterIp: row.requester_ip ?? undefined,
    }));
  },
});
