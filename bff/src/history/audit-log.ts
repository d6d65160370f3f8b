import type { HistoryDatabase } from './history-database.ts';

export interface AuditEntry {
  user: string;
  /** Method and path pattern of the route, e.g. `POST /api/schedules`. */
  action: string;
  namespace: string;
  name: string;
  /** `done`, or the code of the error. */
  outcome: string;
  requestId: string;
}

const keptMilliseconds = 400 * 24 * 3_600_000;

/** Who asked for what, and what came of it. Holds no request bodies. */
export class AuditLog {
  readonly #database: HistoryDatabase;
  readonly #now: () => number;

  constructor(database: HistoryDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  async write(entry: AuditEntry): Promise<void> {
    const { user, requestId, ...rest } = entry;
    await this.#database
      .insertInto('audit_log')
      .values({ ...rest, at: this.#now(), user_name: user, request_id: requestId })
      .execute();
  }

  async prune(): Promise<void> {
    await this.#database
      .deleteFrom('audit_log')
      .where('at', '<', this.#now() - keptMilliseconds)
      .execute();
  }
}
