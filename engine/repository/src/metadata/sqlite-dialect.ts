import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { SqliteDialect } from 'kysely';

const toInput = (value: unknown): SQLInputValue => {
  if (typeof value === 'boolean') {
    return value ? 1 : 0;
  }
  return value as SQLInputValue;
};

/**
 * Opens the database for this process alone: rejects while another one has it, and the lock ends with the process.
 * A commit is on the disk when it returns.
 */
export const openExclusively = (file: string): DatabaseSync => {
  const database = new DatabaseSync(file, { timeout: 2000 });
  try {
    database.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full;');
    database.exec('begin immediate; commit;');
    return database;
  } catch (error) {
    database.close();
    const busy = error instanceof Error && /locked|busy/i.test(error.message);
    throw busy ? new Error(`The database ${file} is in use by another process`, { cause: error }) : error;
  }
};

export const createSqliteDialect = (database: DatabaseSync): SqliteDialect =>
  new SqliteDialect({
    database: {
      close: () => database.close(),
      prepare: (text) => {
        const statement = database.prepare(text);
        return {
          reader: statement.columns().length > 0,
          all: (parameters) => statement.all(...parameters.map(toInput)),
          run: (parameters) => statement.run(...parameters.map(toInput)),
          iterate: (parameters) => statement.iterate(...parameters.map(toInput)),
        };
      },
    },
  });
