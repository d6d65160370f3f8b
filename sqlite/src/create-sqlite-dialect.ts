import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { SqliteAdapter, SqliteDialect, type SqliteStatement } from 'kysely';
import { tellingFull } from './disk-full-error.ts';

const toInput = (value: unknown): SQLInputValue => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value as SQLInputValue;
};

const nothing: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
};

const prepare = (database: DatabaseSync, text: string): SqliteStatement => {
  const statement = tellingFull(() => database.prepare(text));
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => tellingFull(() => statement.all(...parameters.map(toInput))),
    run: (parameters) => tellingFull(() => statement.run(...parameters.map(toInput))),
    iterate: (parameters) => statement.iterate(...parameters.map(toInput)),
  };
};

/** SQLite takes a change of the schema back with its transaction: a process that is killed leaves no half of a migration. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class NodeSqliteDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalDdlAdapter();
  }
}

/**
 * Kysely's view of node:sqlite. Booleans are stored as 0 and 1. A statement that needs more room than the disk has throws a
 * {@link DiskFullError}. Migrations run in one transaction: all of them or none.
 */
export const createSqliteDialect = (database: DatabaseSync): SqliteDialect =>
  new NodeSqliteDialect({
    database: {
      close: () => database.close(),
      // SQLite ends a transaction itself when the disk is full; a second end would hide why.
      prepare: (text) => (text === 'rollback' && !database.isTransaction ? nothing : prepare(database, text)),
    },
  });
