import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createScriptBench, type ScriptBench } from '../testing/fake-client.ts';
import { type PostgresServer, postgresBinaries, startPostgres } from '../testing/postgres-server.ts';

const binaries = postgresBinaries();
const password = `it's $HOME \`id\` "q" \\ $(`;

const content = `
CREATE EXTENSION pgcrypto;
CREATE SCHEMA "odd Schema";
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE movies (id serial PRIMARY KEY, title text, mood mood DEFAULT 'ok', n positive);
INSERT INTO movies (title, n) SELECT md5(i::text), i FROM generate_series(1, 2000) i;
CREATE TABLE "odd Schema"."odd ""Table""" (id int, d date) PARTITION BY RANGE (d);
CREATE TABLE "odd Schema".part PARTITION OF "odd Schema"."odd ""Table""" FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
INSERT INTO "odd Schema"."odd ""Table""" VALUES (1, '2020-05-05');
CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM movies;
CREATE VIEW titles AS SELECT title FROM movies;
CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int);
CREATE OPERATOR === (leftarg = int, rightarg = int, procedure = int4eq);
CREATE STATISTICS both_columns ON id, title FROM movies;
CREATE COLLATION plain FROM "C";
CREATE TEXT SEARCH CONFIGURATION simple_english (copy = english);
CREATE PUBLICATION pub FOR TABLE movies;
CREATE PROCEDURE nothing() LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION tricky() RETURNS text LANGUAGE plpgsql AS $f$
BEGIN
RETURN '
COMMIT;
ALTER TABLE x OWNER TO nobody_knows;
';
END $f$;
CREATE TABLE lines (line text);
INSERT INTO lines VALUES ('COMMIT;'), (''), ('--'), ('-- PostgreSQL database dump complete'), ('\\.'), ('COPY x FROM stdin;'), (repeat('x', 2000000));
SELECT lo_from_bytea(4242, '\\x00ff0102');
GRANT SELECT ON movies TO reader;
ALTER TABLE lines OWNER TO reader;
`;

describe.skipIf(binaries === undefined)('PostgreSQL (server binaries from /usr/lib/postgresql)', () => {
  let server: PostgresServer;
  let folder: string;
  let bench: ScriptBench;
  let number = 0;
  let database: string;

  beforeAll(async () => {
    server = await startPostgres(binaries ?? '', password);
    await server.sql('postgres', 'CREATE ROLE reader');
    await server.sql('postgres', "CREATE ROLE owner LOGIN PASSWORD 'o'");
    folder = mkdtempSync(path.join(tmpdir(), 'postgresql-procedure-'));
    bench = createScriptBench(folder, 'postgresql');
  });

  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const freshDatabase = async (): Promise<void> => {
    database = `it's "db" ${++number}`;
    await server.sql('postgres', `CREATE DATABASE "${database.replaceAll('"', '""')}"`);
    rmSync(bench.store, { force: true });
  };

  const parameters = (change: Record<string, string> = {}) => ({
    BM_PARAM_HOSTNAME: '127.0.0.1',
    BM_PARAM_PORT: String(server.port),
    BM_PARAM_DB: database,
    BM_PARAM_USER: 'postgres',
    BM_PARAM_PASSWORD: password,
    ...change,
  });

  const backedUp = async (): Promise<string> => {
    await server.sql(database, content);
    const before = await server.dump(database);
    expect(await bench.run('backup', parameters())).toMatchObject({ code: 0 });
    return before;
  };

  const change = () =>
    server.sql(
      database,
      `INSERT INTO movies (title) VALUES ('new'); DROP TABLE lines; CREATE TABLE added (i int); SELECT lo_create(777);
       DROP FUNCTION tricky; CREATE SCHEMA another; CREATE TABLE another.t (m mood)`,
    );

  describe('a database', () => {
    beforeEach(freshDatabase);

    it('brings schema, data, owners, rights, sequences and large objects back', async () => {
      const before = await backedUp();
      await change();
      const run = await bench.run('restore', parameters());
      expect(run.stderr).toContain('is restored');
      expect(run.code).toBe(0);
      expect(await server.dump(database)).toBe(before);
    });

    it('restores into another, empty database', async () => {
      const before = await backedUp();
      await server.sql('postgres', `CREATE DATABASE other_${number}`);
      expect(await bench.run('restore', parameters({ BM_PARAM_DB: `other_${number}` }))).toMatchObject({ code: 0 });
      expect(await server.dump(`other_${number}`)).toBe(before);
    });

    it('changes nothing when the download is cut, wherever that is', async () => {
      await backedUp();
      await change();
      const before = await server.dump(database);
      const whole = readFileSync(bench.store);
      for (const bytes of [0, 200, Math.floor(whole.length / 2), whole.length - 1]) {
        writeFileSync(bench.store, whole.subarray(0, bytes));
        const run = await bench.run('restore', parameters());
        expect(run.code, `${bytes} bytes`).not.toBe(0);
        expect(run.stderr).toContain('is as it was');
      }
      expect(await server.dump(database)).toBe(before);
    });

    it('does without roles that do not exist any more', async () => {
      await server.sql('postgres', 'CREATE ROLE gone');
      await server.sql(database, 'CREATE TABLE t (i int); ALTER TABLE t OWNER TO gone; GRANT SELECT ON t TO gone');
      expect(await bench.run('backup', parameters())).toMatchObject({ code: 0 });
      await server.sql(database, 'DROP OWNED BY gone; DROP ROLE gone');
      const run = await bench.run('restore', parameters());
      expect(run).toMatchObject({ code: 0 });
      expect(run.stderr).toContain('the role gone does not exist here');
      expect(await server.sql(database, 'SELECT tableowner FROM pg_tables WHERE tablename = $$t$$')).toBe('postgres\n');
    });

    it('lets the owner of a database, who is no superuser, back it up and restore it', async () => {
      await server.sql('postgres', `CREATE DATABASE own_${number} OWNER owner`);
      await server.sql(
        `own_${number}`,
        'SET ROLE owner; CREATE EXTENSION pgcrypto; CREATE TABLE t (i int); INSERT INTO t VALUES (1); SELECT lo_create(99)',
      );
      const own = parameters({ BM_PARAM_DB: `own_${number}`, BM_PARAM_USER: 'owner', BM_PARAM_PASSWORD: 'o' });
      expect((await bench.run('check', { ...own, BM_OPERATION: 'restore' })).stdout).toBe('');
      expect(await bench.run('backup', own)).toMatchObject({ code: 0 });
      const before = await server.dump(`own_${number}`);
      await server.sql(`own_${number}`, 'INSERT INTO t VALUES (2); SELECT lo_unlink(99)');
      const run = await bench.run('restore', own);
      expect(run.stderr).toContain('is restored');
      expect(await server.dump(`own_${number}`)).toBe(before);
    });

    it('fails without a backup when the dump fails', async () => {
      const run = await bench.run('backup', parameters({ BM_PARAM_DB: 'missing' }));
      expect(run.code).toBe(1);
      expect(run.stderr).toContain('cannot be reached');
      expect(existsSync(bench.store)).toBe(false);
    });

    it('shows the password nowhere', async () => {
      await server.sql(database, 'CREATE TABLE t (i int)');
      const backup = await bench.run('backup', parameters());
      const restore = await bench.run('restore', parameters());
      const shown =
        backup.stdout + backup.stderr + restore.stdout + restore.stderr + readFileSync(`${bench.store}.args`, 'utf8');
      expect(shown).not.toContain(password);
    });
  });

  describe('a parameter', () => {
    beforeAll(async () => {
      await freshDatabase();
      await server.sql(database, 'CREATE TABLE t (i int)');
    });

    it('is not complained about when it is right', async () => {
      expect((await bench.run('check', parameters())).stdout).toBe('');
      expect((await bench.run('check', { ...parameters(), BM_OPERATION: 'restore' })).stdout).toBe('');
    });

    it.each([
      [{ BM_PARAM_HOSTNAME: 'nohost.invalid' }, /^hostname\tThere is no host named/],
      [{ BM_PARAM_PORT: '1' }, /^port\tNothing listens/],
      [{ BM_PARAM_PORT: 'x' }, /^port\tA number/],
      [{ BM_PARAM_PASSWORD: 'wrong' }, /^password\tThe server refused/],
      [{ BM_PARAM_DB: 'missing' }, /^db\tThe server has no database/],
      [{ BM_PARAM_USER: 'owner', BM_PARAM_PASSWORD: 'o' }, /^user\tThe user owner may not read/],
      [{ BM_PARAM_PASSWORD: '${NOT_SET}' }, /^password\tThe value cannot be used/],
    ])('is checked: %j', async (wrong, expected) => {
      const run = await bench.run('check', parameters(wrong));
      expect(run.stdout).toMatch(expected);
      expect(run.code).toBe(0);
    });
  });
});
