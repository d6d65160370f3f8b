import fs from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { KubeObject } from '@backstay/shared';
import { expired } from '../registry/api-error.ts';
import { ObjectCache } from './object-cache.ts';
import { schemaSql, statements } from './sql.ts';

export interface StoreOptions {
  databaseFile: string;
  /** How many revisions stay readable for watches and continued lists. */
  historyLength?: number;
}

/** One stored state of an object. `object` is shared: nobody may change it. */
export interface Stored {
  readonly revision: number;
  readonly object: KubeObject;
  /** `object` as JSON text. */
  readonly text: string;
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  /** For DELETED the last state, with the revision of the deletion. */
  readonly current: Stored;
  readonly previous?: Stored;
}

export interface RangeQuery {
  resource: string;
  namespace?: string;
  /** The revision to read at; absent: now. */
  at?: number;
  /** Starts behind this key. */
  after?: { namespace: string; name: string };
  limit?: number;
}

interface Row {
  rv: number;
  kind: number;
  object: string;
  namespace: string;
  name: string;
  before: number | null;
}

const types = ['ADDED', 'MODIFIED', 'DELETED'] as const;

/**
 * Every revision of every object, in one SQLite file: the latest for reading, the recent past for watches and for lists that
 * go on at one point in time. A write is on the disk when the call returns. One process at a time.
 */
export class ObjectStore {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();
  readonly #cache = new ObjectCache();
  readonly #historyLength: number;
  #revision: number;
  #compacted: number;
  #untilCompaction: number;

  constructor({ databaseFile, historyLength = 10_000 }: StoreOptions) {
    this.#historyLength = historyLength;
    this.#untilCompaction = Math.ceil(historyLength / 10);
    if (databaseFile !== ':memory:') fs.closeSync(fs.openSync(databaseFile, 'a', 0o600));
    this.#database = new DatabaseSync(databaseFile);
    this.#database.exec(schemaSql);
    this.#compacted = this.#number('SELECT compacted AS n FROM meta');
    this.#revision = Math.max(this.#number('SELECT coalesce(max(rv), 0) AS n FROM revision'), this.#compacted, 1);
  }

  /** The revision of the last write. */
  get revision(): number {
    return this.#revision;
  }

  get(resource: string, namespace: string, name: string): Stored | undefined {
    const row = this.#prepare(statements.get).get(resource, namespace, name);
    return row ? this.#stored(row as unknown as Row) : undefined;
  }

  /** By namespace and name. ApiError 410 when `at` is too old. */
  *range(query: RangeQuery): IterableIterator<Stored> {
    const { sql, values } = this.#rangeOf(query);
    // A statement of its own: two ranges may be read at once.
    for (const row of this.#database.prepare(`SELECT * ${sql}`).iterate(...values)) {
      yield this.#stored(row as unknown as Row);
    }
  }

  countRange(query: RangeQuery): number {
    const { sql, values } = this.#rangeOf(query);
    return Number((this.#prepare(`SELECT count(*) AS n FROM (SELECT 1 ${sql})`).get(...values) as { n: number }).n);
  }

  #rangeOf({ resource, namespace, at = this.#revision, after, limit = -1 }: RangeQuery) {
    this.assertReadable(at);
    const live = at >= this.#revision;
    const where = namespace === undefined ? [] : [namespace];
    const past = live ? [] : [at, at];
    const start = [after?.namespace ?? '', after?.name ?? ''];
    return {
      sql: statements.range({ live, oneNamespace: namespace !== undefined }),
      values: [resource, ...where, ...past, ...start, limit],
    };
  }

  count(resource: string, namespace?: string): number {
    const sql = statements.count(namespace !== undefined);
    const row = this.#prepare(sql).get(resource, ...(namespace === undefined ? [] : [namespace]));
    return Number((row as { n: number }).n);
  }

  /** What happened after revision `after`, oldest first. ApiError 410 when that is too old. */
  changes(resource: string, after: number, limit: number): Change[] {
    this.assertReadable(after);
    const rows = this.#prepare(statements.changes).all(resource, after, limit) as unknown as Row[];
    return rows.map((row) => this.#change(row));
  }

  assertReadable(revision: number): void {
    if (revision < this.#compacted) {
      throw expired(`too old resource version: ${revision} (${this.#compacted})`);
    }
  }

  /** Writes the next revision. `build` gets its number, for metadata.resourceVersion. */
  write(resource: string, type: Change['type'], build: (revision: number) => KubeObject): Change {
    const revision = this.#revision + 1;
    const object = build(revision);
    const { namespace = '', name } = object.metadata;
    const previous = this.get(resource, namespace, name);
    const text = JSON.stringify(object);
    this.#transaction(() => {
      this.#prepare(statements.supersede).run(revision, resource, namespace, name);
      const before = previous?.revision ?? null;
      this.#prepare(statements.insert).run(revision, types.indexOf(type), resource, namespace, name, before, text);
    });
    this.#revision = revision;
    const current = { revision, object, text };
    this.#cache.set(current);
    if (--this.#untilCompaction <= 0) this.compact(revision - this.#historyLength);
    return { type, revision, current, ...(previous ? { previous } : {}) };
  }

  /** Forgets the past up to and including `revision`; the latest state of each object stays. */
  compact(revision: number): void {
    this.#untilCompaction = Math.ceil(this.#historyLength / 10);
    if (revision <= this.#compacted) return;
    this.#transaction(() => {
      this.#prepare(statements.compact).run(revision, revision);
      this.#prepare('UPDATE meta SET compacted = ?').run(revision);
    });
    this.#compacted = revision;
  }

  close(): void {
    this.#database.close();
  }

  #change(row: Row): Change {
    const current = this.#stored(row);
    const type = types[row.kind] ?? 'MODIFIED';
    const before = row.before === null ? undefined : this.#prepare(statements.byRevision).get(row.before);
    return {
      type,
      revision: row.rv,
      current,
      ...(before ? { previous: this.#stored(before as unknown as Row) } : {}),
    };
  }

  #stored(row: Row): Stored {
    return this.#cache.get(row.rv) ?? this.#cache.set(parsed(row));
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #number(sql: string): number {
    return Number((this.#database.prepare(sql).get() as { n: number }).n);
  }

  #prepare(sql: string): StatementSync {
    const known = this.#prepared.get(sql);
    if (known) return known;
    const made = this.#database.prepare(sql);
    this.#prepared.set(sql, made);
    return made;
  }
}

const parsed = ({ rv, object }: Row): Stored => ({
  revision: rv,
  object: JSON.parse(object) as KubeObject,
  text: object,
});
