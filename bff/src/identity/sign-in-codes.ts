import type { HistoryDatabase } from '../history/history-database.ts';
import { hashToken, randomToken } from './random-token.ts';

const lifetimeMilliseconds = 24 * 3_600_000;

/** One-time codes of sign-in links: good for one use within 24 hours, kept as hashes. */
export class SignInCodes {
  readonly #database: HistoryDatabase;
  readonly #now: () => number;
  #pending: Promise<unknown> = Promise.resolve();

  constructor(database: HistoryDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** Returns at once; `redeem` waits until the code is stored. */
  create(): string {
    const code = randomToken();
    const row = { code_hash: hashToken(code), expires_at: this.#now() + lifetimeMilliseconds };
    this.#pending = this.#pending.then(() => this.#database.insertInto('sign_in_codes').values(row).execute());
    return code;
  }

  /** True once for each code. */
  async redeem(code: string): Promise<boolean> {
    await this.#pending;
    await this.#database.deleteFrom('sign_in_codes').where('expires_at', '<=', this.#now()).execute();
    const result = await this.#database
      .deleteFrom('sign_in_codes')
      .where('code_hash', '=', hashToken(code))
      .executeTakeFirst();
    return result.numDeletedRows === 1n;
  }

  async settled(): Promise<void> {
    await this.#pending;
  }
}
