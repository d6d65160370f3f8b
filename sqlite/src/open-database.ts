import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Milliseconds. */
const waitForWriter = 5000;
const waitForOwner = 2000;

const makeFolder = (file: string): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
};

/**
 * Opens or creates the database, and its folder, readable by its owner alone. Other processes may use it too; a write waits
 * for theirs. A commit is on the disk when it returns. Throws what SQLite says of a file that is none.
 */
export const openShared = (file: string): DatabaseSync => {
  makeFolder(file);
  const database = new DatabaseSync(file, { timeout: waitForWriter });
  try {
    chmodSync(file, 0o600);
    database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};

/**
 * Opens or creates the database for this process alone: throws while another one has it, and the lock ends with the process.
 * A commit is on the disk when it returns.
 */
export const openExclusively = (file: string): DatabaseSync => {
  makeFolder(file);
  const database = new DatabaseSync(file, { timeout: waitForOwner });
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
