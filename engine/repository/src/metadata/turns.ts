import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Tables } from './tables.ts';

/**
 * Whose turn it is to work on an upload, among several servers. Counts by the clock of the database, so that the clocks of
 * the servers may differ. A turn that is not renewed ends by itself.
 */
export interface TurnStore {
  /**
   * The number of the turn, higher than that of every turn before. Undefined: somebody else has it. Repeating it with the
   * same owner gives the same number.
   */
  take(uploadId: string, owner: string, milliseconds: number): Promise<number | undefined>;
  /** Undefined: it is no longer the owner's. `wanted`: somebody else has asked for it. */
  renew(uploadId: string, owner: string, milliseconds: number): Promise<{ wanted: boolean } | undefined>;
  /** Lets the holder know that somebody waits. */
  ask(uploadId: string): Promise<void>;
  /** Idempotent. */
  release(uploadId: string, owner: string): Promise<void>;
  /** Forgets the turns of uploads that are gone. */
  purge(): Promise<void>;
}

/** An instant by the clock of the database. */
export type DatabaseClock = (millisecondsFromNow: number) => RawBuilder<string>;

export const postgresClock: DatabaseClock = (milliseconds) =>
  sql<string>`clock_timestamp() + ${milliseconds} * interval '1 millisecond'`;
export const sqliteClock: DatabaseClock = (milliseconds) =>
  sql<string>`strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ${`${milliseconds / 1000} seconds`})`;

export const createTurnStore = (db: Kysely<Tables>, at: DatabaseClock): TurnStore => ({
  take: async (uploadId, owner, milliseconds) => {
    const row = await db
      .insertInto('upload_turns')
      .values({ upload_id: uploadId, owner, expires_at: at(milliseconds), number: 1, wanted: 0 })
      .onConflict((conflict) =>
        conflict
          .column('upload_id')
          .doUpdateSet({
            owner,
            expires_at: at(milliseconds),
            number: sql<number>`case when upload_turns.owner = ${owner} then upload_turns.number else upload_turns.number + 1 end`,
            wanted: 0,
          })
          .where((where) =>
            where.or([
              where('upload_turns.owner', 'is', null),
              where('upload_turns.owner', '=', owner),
              where('upload_turns.expires_at', '<=', at(0)),
            ]),
          ),
      )
      .returning('number')
      .executeTakeFirst();
    return row && Number(row.number);
  },
  renew: async (uploadId, owner, milliseconds) => {
    const row = await db
      .updateTable('upload_turns')
      .set({ expires_at: at(milliseconds) })
      .where('upload_id', '=', uploadId)
      .where('owner', '=', owner)
      .returning('wanted')
      .executeTakeFirst();
    return row && { wanted: Number(row.wanted) > 0 };
  },
  ask: async (uploadId) => {
    await db.updateTable('upload_turns').set({ wanted: 1 }).where('upload_id', '=', uploadId).execute();
  },
  release: async (uploadId, owner) => {
    await db
      .updateTable('upload_turns')
      .set({ owner: null, wanted: 0 })
      .where('upload_id', '=', uploadId)
      .where('owner', '=', owner)
      .execute();
  },
  purge: async () => {
    await db
      .deleteFrom('upload_turns')
      .where('expires_at', '<=', at(0))
      .where((where) =>
        where.not(where.exists(where.selectFrom('uploads').select('id').whereRef('id', '=', 'upload_turns.upload_id'))),
      )
      .execute();
  },
});
