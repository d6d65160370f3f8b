import { type JobDetail, jobDetailSchema } from '@backstay/shared';
import { sql } from 'kysely';
import type { HistoryDatabase } from './history-database.ts';

export interface JobQuery {
  /** Absent: all. */
  namespaces?: readonly string[];
  schedule?: string;
  state?: string;
  operation?: string;
}

/** Where a page of the list begins: jobs older than this one, newest first. */
export interface JobCursor {
  createdAt: number;
  id: string;
}

const kept = { count: 20_000, milliseconds: 400 * 24 * 3_600_000 };

/** Records of finished jobs. A record is written once for each job; only `gone` changes afterwards. */
export class JobRecords {
  readonly #database: HistoryDatabase;
  readonly #now: () => number;

  constructor(database: HistoryDatabase, now: () => number) {
    this.#database = database;
    this.#now = now;
  }

  /** False when the job has a record already. */
  async add(job: JobDetail, more: { hasLog: boolean; gone: boolean }): Promise<boolean> {
    const { id, namespace, name, schedule, operation, state, createdAt, finishedAt } = job;
    const row = {
      ...{ id, namespace, name, schedule, operation, state },
      created_at: Date.parse(createdAt),
      finished_at: Date.parse(finishedAt ?? createdAt),
      gone: Number(more.gone),
      has_log: Number(more.hasLog),
      detail: JSON.stringify(job),
    };
    const result = await this.#database
      .insertInto('jobs')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }

  async get(id: string): Promise<JobDetail | undefined> {
    const row = await this.#database
      .selectFrom('jobs')
      .select(['detail', 'gone'])
      .where('id', '=', id)
      .executeTakeFirst();
    return row && toDetail(row);
  }

  /** The newest record of that name. */
  async find(namespace: string, name: string): Promise<(JobDetail & { hasLog: boolean }) | undefined> {
    const row = await this.#database
      .selectFrom('jobs')
      .select(['detail', 'gone', 'has_log'])
      .where('namespace', '=', namespace)
      .where('name', '=', name)
      .orderBy('created_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row && { ...toDetail(row), hasLog: row.has_log === 1 };
  }

  async hasLog(id: string): Promise<boolean> {
    const row = await this.#database.selectFrom('jobs').select('has_log').where('id', '=', id).executeTakeFirst();
    return row?.has_log === 1;
  }

  /** Those whose Job is gone from the cluster, newest first. */
  async listGone(query: JobQuery, page: { limit: number; before?: JobCursor }): Promise<JobDetail[]> {
    let select = this.#select(query).select(['detail', 'gone']).where('gone', '=', 1);
    const { before } = page;
    if (before !== undefined) {
      select = select.where((where) =>
        where.or([
          where('created_at', '<', before.createdAt),
          where.and([where('created_at', '=', before.createdAt), where('id', '<', before.id)]),
        ]),
      );
    }
    const rows = await select.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(page.limit).execute();
    return rows.map(toDetail);
  }

  async countGone(query: JobQuery): Promise<number> {
    const row = await this.#select(query)
      .select((select) => select.fn.countAll<number>().as('count'))
      .where('gone', '=', 1)
      .executeTakeFirst();
    return row?.count ?? 0;
  }

  /** The latest records of a schedule, newest first, also of Jobs that are still in the cluster. */
  async ofSchedule(of: { namespace: string; schedule: string }, limit: number): Promise<JobDetail[]> {
    const rows = await this.#database
      .selectFrom('jobs')
      .select(['detail', 'gone'])
      .where('namespace', '=', of.namespace)
      .where('schedule', '=', of.schedule)
      .orderBy('created_at', 'desc')
      .limit(limit)
      .execute();
    return rows.map(toDetail);
  }

  /** Of every schedule the latest ones whose Job is gone, at most `count`. */
  async latestGone(count: number): Promise<JobDetail[]> {
    const rows = await this.#database
      .selectFrom((from) =>
        from
          .selectFrom('jobs')
          .select(['detail', 'gone'])
          .select(
            sql<number>`row_number() over (partition by namespace, schedule order by created_at desc)`.as('place'),
          )
          .where('gone', '=', 1)
          .as('placed'),
      )
      .selectAll()
      .where('place', '<=', count)
      .execute();
    return rows.map(toDetail);
  }

  async markGone(id: string): Promise<void> {
    await this.#database.updateTable('jobs').set({ gone: 1 }).where('id', '=', id).execute();
  }

  /** Ids of records that are not marked as gone. */
  async notGone(): Promise<string[]> {
    const rows = await this.#database.selectFrom('jobs').select('id').where('gone', '=', 0).execute();
    return rows.map((row) => row.id);
  }

  /** Takes the oldest ones away; returns their ids. */
  async prune(): Promise<string[]> {
    const oldest = await this.#database
      .selectFrom('jobs')
      .select('created_at')
      .where('gone', '=', 1)
      .orderBy('created_at', 'desc')
      .offset(kept.count)
      .limit(1)
      .executeTakeFirst();
    const limit = Math.max(this.#now() - kept.milliseconds, oldest?.created_at ?? 0);
    const rows = await this.#database
      .deleteFrom('jobs')
      .where('gone', '=', 1)
      .where('created_at', '<=', limit)
      .returning('id')
      .execute();
    return rows.map((row) => row.id);
  }

  #select(query: JobQuery) {
    let select = this.#database.selectFrom('jobs');
    if (query.namespaces !== undefined) select = select.where('namespace', 'in', [...query.namespaces]);
    if (query.schedule !== undefined) select = select.where('schedule', '=', query.schedule);
    if (query.state !== undefined) select = select.where('state', '=', query.state);
    if (query.operation !== undefined) select = select.where('operation', '=', query.operation);
    return select;
  }
}

const toDetail = (row: { detail: string; gone: number }): JobDetail => ({
  ...jobDetailSchema.parse(JSON.parse(row.detail)),
  archived: row.gone === 1,
});
