import type { HistoryDatabase, HistorySchema } from '../history/history-database.ts';
import type { Identity } from './identity.ts';
import { hashToken, randomToken } from './random-token.ts';
import { openToken, sealToken } from './sealed-token.ts';
import type { SignIn } from './sign-in.ts';

const idleMilliseconds = 12 * 3_600_000;
const absoluteMilliseconds = 7 * 24 * 3_600_000;
/** How stale `seen_at` may get before it is written again. */
const touchMilliseconds = 60_000;

/**
 * Sessions: 12 hours of idleness or 7 days end one, whichever comes first. They survive a restart. The id is known to the
 * cookie alone; the database has its hash.
 */
export class Sessions {
  readonly #database: HistoryDatabase;
  readonly #signIn: SignIn;
  readonly #now: () => number;
  readonly #endListeners = new Set<(idHash: string) => void>();

  constructor(database: HistoryDatabase, signIn: SignIn, now: () => number) {
    this.#database = database;
    this.#signIn = signIn;
    this.#now = now;
  }

  /** A new id for a proven person; undefined when the proof is no good. */
  async begin(proof: string): Promise<{ id: string; identity: Identity } | undefined> {
    const identity = await this.#signIn.redeem(proof);
    if (identity === undefined || identity.name === '') return undefined;
    const id = randomToken();
    const now = this.#now();
    await this.#database
      .insertInto('sessions')
      .values({
        id_hash: hashToken(id),
        user_name: identity.name,
        user_groups: JSON.stringify(identity.groups),
        sealed_token: this.#signIn.keepsToken ? sealToken(identity.token, id) : null,
        created_at: now,
        seen_at: now,
        expires_at: now + absoluteMilliseconds,
      })
      .execute();
    return { id, identity };
  }

  /** Whose session it is; undefined once it ended. `touch: false` does not count as activity. */
  async find(id: string, options: { touch: boolean }): Promise<Identity | undefined> {
    const row = await this.#row(hashToken(id));
    if (row === undefined) return undefined;
    const now = this.#now();
    if (row.expires_at <= now || row.seen_at + idleMilliseconds <= now) {
      await this.end(id);
      return undefined;
    }
    if (options.touch && row.seen_at + touchMilliseconds <= now) await this.#touch(row.id_hash, now);
    return this.#identity(row, id);
  }

  async end(id: string): Promise<void> {
    const idHash = hashToken(id);
    await this.#database.deleteFrom('sessions').where('id_hash', '=', idHash).execute();
    for (const listener of this.#endListeners) listener(idHash);
  }

  /** Tells at once when a session was ended here. Returns a function that takes the listener off. */
  onEnd(id: string, listener: () => void): () => void {
    const idHash = hashToken(id);
    const wrapped = (ended: string) => {
      if (ended === idHash) listener();
    };
    this.#endListeners.add(wrapped);
    return () => this.#endListeners.delete(wrapped);
  }

  async prune(): Promise<void> {
    const now = this.#now();
    await this.#database
      .deleteFrom('sessions')
      .where((where) => where.or([where('expires_at', '<=', now), where('seen_at', '<=', now - idleMilliseconds)]))
      .execute();
  }

  #row(idHash: string) {
    return this.#database.selectFrom('sessions').selectAll().where('id_hash', '=', idHash).executeTakeFirst();
  }

  async #touch(idHash: string, now: number): Promise<void> {
    await this.#database.updateTable('sessions').set({ seen_at: now }).where('id_hash', '=', idHash).execute();
  }

  #identity(row: HistorySchema['sessions'], id: string): Identity | undefined {
    const person = { name: row.user_name, groups: JSON.parse(row.user_groups) as string[] };
    if (row.sealed_token === null) return this.#signIn.restore(person);
    return { ...person, token: openToken(row.sealed_token, id) };
  }
}
