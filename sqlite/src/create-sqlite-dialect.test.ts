import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSqliteDialect } from './create-sqlite-dialect.ts';
import { DiskFullError } from './disk-full-error.ts';
import { openExclusively, openShared } from './open-database.ts';

interface Schema {
  notes: { id: number; text: string; seen: boolean | number };
}

const pageBytes = 4096;

let folder: string;
let database: DatabaseSync;
let db: Kysely<Schema>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sqlite-'));
  database = openShared(join(folder, 'deep/notes.db'));
  database.exec('create table notes (id integer primary key, text text not null, seen integer not null)');
  db = new Kysely({ dialect: createSqliteDialect(database) });
});
afterEach(async () => {
  await db.destroy();
  rmSync(folder, { recursive: true });
});

const note = (id: number, length = 10) => ({ id, text: 'x'.repeat(length), seen: true });
/** As if the disk had room for so many pages and no more. */
const leaveRoom = (pages: number) => database.exec(`pragma max_page_count = ${pages}`);

it('keeps booleans as numbers', async () => {
  await db.insertInto('notes').values(note(1)).execute();
  expect(await db.selectFrom('notes').selectAll().execute()).toEqual([{ ...note(1), seen: 1 }]);
});

it('says that the disk is full, also out of a transaction, and works again when there is room', async () => {
  await db.insertInto('notes').values(note(1)).execute();
  leaveRoom(3);
  const large = note(2, 20 * pageBytes);
  await expect(db.insertInto('notes').values(large).execute()).rejects.toBeInstanceOf(DiskFullError);
  const transaction = db.transaction().execute(async (tx) => {
    await tx.insertInto('notes').values(note(3)).execute();
    await tx.insertInto('notes').values(large).execute();
  });
  await expect(transaction).rejects.toBeInstanceOf(DiskFullError);
  expect(await db.selectFrom('notes').select('id').execute()).toEqual([{ id: 1 }]);
  leaveRoom(1000);
  await db.transaction().execute((tx) => tx.insertInto('notes').values(large).execute());
  expect(await db.selectFrom('notes').select('id').execute()).toEqual([{ id: 1 }, { id: 2 }]);
});

it('leaves other errors as they are, and takes their transaction back', async () => {
  const twice = db.transaction().execute(async (tx) => {
    await tx.insertInto('notes').values(note(1)).execute();
    await tx.insertInto('notes').values(note(1)).execute();
  });
  await expect(twice).rejects.toThrow(/UNIQUE constraint failed/);
  expect(await db.selectFrom('notes').select('id').execute()).toEqual([]);
});

it('takes migrations back as a whole', async () => {
  const steps: Record<string, Migration> = {
    '1': { up: (tx) => tx.schema.createTable('first').addColumn('id', 'integer').execute() },
    '2': {
      up: async (tx) => {
        await tx.schema.createTable('second').addColumn('id', 'integer').execute();
        throw new Error('killed');
      },
    },
  };
  const migrate = () => new Migrator({ db, provider: { getMigrations: async () => steps } }).migrateToLatest();
  expect((await migrate()).error).toMatchObject({ message: 'killed' });
  const tables = async () => (await db.introspection.getTables()).map(({ name }) => name);
  expect(await tables()).not.toContain('first');
  steps['2'] = { up: async () => undefined };
  expect((await migrate()).error).toBeUndefined();
  expect(await tables()).toContain('first');
});

it('is opened for one process alone where that is asked for', () => {
  const file = join(folder, 'alone/one.db');
  const first = openExclusively(file);
  expect(() => openExclusively(file)).toThrow(/in use by another process/);
  first.close();
  openExclusively(file).close();
});
