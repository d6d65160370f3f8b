import { execFileSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createScriptBench, type ScriptBench } from '../testing/fake-client.ts';
import { type PostgresServer, postgresBinaries, startPostgres } from '../testing/postgres-server.ts';
import { waitUntilReady } from '../testing/server-process.ts';

const binaries = postgresBinaries();
const password = `it's $HOME \`id\` "q" \\ $(`;

const odd = `it's "db" $(id) ü \\ = 100%`;
const oddRole = `rôle "x" $y's`;
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Statements that cannot share a transaction, in order. */
const content: readonly (readonly [database: string, sql: string])[] = [
  ['postgres', `CREATE ROLE ${quoted(oddRole)} LOGIN PASSWORD 'secret' CONNECTION LIMIT 3 VALID UNTIL '2030-01-01'`],
  ['postgres', 'CREATE ROLE team NOINHERIT CREATEDB; CREATE ROLE nobody'],
  ['postgres', `GRANT team TO ${quoted(oddRole)} WITH ADMIN OPTION; GRANT pg_read_all_data TO nobody`],
  ['postgres', `ALTER ROLE team SET search_path TO "$user", public; ALTER ROLE team SET work_mem = '5MB'`],
  ['postgres', `COMMENT ON ROLE team IS 'it''s\nthe team'; CREATE TABLE in_postgres AS SELECT 1 AS one`],
  ['postgres', 'GRANT SET ON PARAMETER log_min_messages TO team'],
  ['template1', 'CREATE TABLE in_template (i int); CREATE EXTENSION pgcrypto'],
  ['postgres', `CREATE DATABASE ${quoted(odd)} OWNER ${quoted(oddRole)} TEMPLATE template0 CONNECTION LIMIT 7`],
  ['postgres', `CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'`],
  ['postgres', `CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'`],
  ['postgres', 'CREATE DATABASE pattern IS_TEMPLATE true'],
  ['postgres', `COMMENT ON DATABASE latin IS 'old'; ALTER DATABASE latin SET search_path = ''`],
  ['postgres', 'REVOKE ALL ON DATABASE latin FROM PUBLIC; GRANT CONNECT ON DATABASE latin TO team WITH GRANT OPTION'],
  ['postgres', `ALTER ROLE team IN DATABASE latin SET work_mem = '6MB'; ALTER DATABASE latin SET my.setting TO 'a b'`],
  [odd, `CREATE EXTENSION pgcrypto; SELECT lo_from_bytea(4242, '\\x00ff0102'); CREATE SCHEMA "odd $(id)"`],
  [odd, `CREATE TABLE "odd $(id)".t AS SELECT n, md5(n::text) FROM generate_series(1, 20000) n`],
  [odd, `ALTER TABLE "odd $(id)".t OWNER TO ${quoted(oddRole)}; GRANT SELECT ON "odd $(id)".t TO team`],
  ['latin', `CREATE TABLE public.t (line text); INSERT INTO public.t VALUES ('COMMIT;'), ('ü'), ('end 3'), ('.')`],
  ['latin', `ALTER TABLE public.t OWNER TO ${quoted(oddRole)}`],
  ['bytes', `CREATE TABLE t (line text); INSERT INTO t VALUES (convert_from('\\xfc', 'SQL_ASCII'))`],
];

const change: typeof content = [
  ['postgres', `DROP DATABASE bytes`],
  [
    'postgres',
    `ALTER ROLE team INHERIT NOCREATEDB; ALTER ROLE team RESET work_mem; REVOKE team FROM ${quoted(oddRole)}`,
  ],
  ['postgres', `ALTER ROLE team SET temp_buffers = '9MB'; COMMENT ON ROLE team IS NULL; DROP TABLE in_postgres`],
  ['postgres', `ALTER DATABASE latin RESET ALL; GRANT CONNECT ON DATABASE latin TO PUBLIC`],
  ['postgres', `ALTER DATABASE ${quoted(odd)} OWNER TO nobody; ALTER DATABASE pattern IS_TEMPLATE false`],
  [odd, `DELETE FROM "odd $(id)".t WHERE n < 100; CREATE TABLE later (i int); SELECT lo_unlink(4242)`],
  ['latin', 'DROP TABLE public.t'],
  ['template1', 'DROP TABLE in_template'],
];

describe.skipIf(binaries === undefined)('All databases of PostgreSQL (binaries from /usr/lib/postgresql)', () => {
  let server: PostgresServer;
  let folder: string;
  let bench: ScriptBench;
  let before: string;
  let whole: Buffer;

  const run = async (on: PostgresServer, statements: typeof content): Promise<void> => {
    for (const [database, sql] of statements) await on.sql(database, sql);
  };

  const parameters = (more: Record<string, string> = {}, on: PostgresServer = server) => ({
    BM_PARAM_HOSTNAME: '127.0.0.1',
    BM_PARAM_PORT: String(on.port),
    BM_PARAM_DB: '',
    BM_PARAM_USER: 'postgres',
    BM_PARAM_PASSWORD: password,
    ...more,
  });

  const names = (on: PostgresServer = server) =>
    on.sql('postgres', 'SELECT datname FROM pg_database ORDER BY datname').then((text) => text.trim().split('\n'));

  const remains = () =>
    server.sql('postgres', `SELECT datname FROM pg_database WHERE datname ~ '^backstay_'`).then((text) => text.trim());

  /** Begins a restore that has read `bytes` of the backup and waits for more. */
  const halfWay = async (bytes: number) => {
    const pipe = path.join(folder, `pipe-${Math.random()}`);
    execFileSync('mkfifo', [pipe]);
    let group = 0;
    const options = { started: (id: number) => (group = id) };
    const ended = bench.run('restore', parameters({ FAKE_SOURCE: pipe }), options);
    const input = createWriteStream(pipe);
    input.on('error', () => undefined);
    input.write(whole.subarray(0, bytes));
    const loading = async () => expect(await remains()).toMatch(/backstay_new_/);
    await waitUntilReady(loading, 20_000);
    return {
      ended,
      kill: (signal: 'SIGKILL' | 'SIGTERM') => process.kill(-group, signal),
      finish: () => input.end(whole.subarray(bytes)),
    };
  };

  beforeAll(async () => {
    server = await startPostgres(binaries ?? '', password);
    folder = mkdtempSync(path.join(tmpdir(), 'postgresql-all-'));
    bench = createScriptBench(folder, 'postgresql');
    await run(server, content);
    before = await server.dumpAll();
    expect(await bench.run('backup', parameters())).toMatchObject({ code: 0 });
    whole = readFileSync(bench.store);
  }, 60_000);

  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(() => writeFileSync(bench.store, whole));

  describe('a restore', { timeout: 120_000 }, () => {
    it('brings every database, role, membership, setting and right back', async () => {
      await run(server, change);
      await server.sql('postgres', 'CREATE DATABASE later');
      await server.sql('postgres', 'REASSIGN OWNED BY nobody TO postgres; DROP OWNED BY nobody; DROP ROLE nobody');
      const restore = await bench.run('restore', parameters());
      expect(restore.stderr).toContain('6 databases are restored');
      expect(restore.stderr).not.toContain('Warning');
      expect(restore.code).toBe(0);
      expect(await names()).toContain('later');
      await server.sql('postgres', 'DROP DATABASE later');
      expect(await server.dumpAll()).toBe(before);
      expect(await remains()).toBe('');
    });

    it('fills an empty server, with passwords, and leaves the user who restores as it is', async () => {
      const other = await startPostgres(binaries ?? '', password);
      try {
        await other.sql('postgres', `CREATE ROLE team LOGIN PASSWORD 'mine'`);
        const passwordOf = (on: PostgresServer, role: string) =>
          on.sql('postgres', `SELECT rolpassword FROM pg_authid WHERE rolname = '${role.replaceAll("'", "''")}'`);
        const mine = await passwordOf(other, 'team');
        const restore = await bench.run('restore', parameters({}, other));
        expect(restore.stderr).toContain('databases are restored');
        expect(restore.code).toBe(0);
        expect(await passwordOf(other, 'team')).toBe(mine);
        expect(await passwordOf(other, oddRole)).toBe(await passwordOf(server, oddRole));
        expect(await bench.run('restore', parameters({ BM_PARAM_PASSWORDS: 'true' }, other))).toMatchObject({
          code: 0,
        });
        const withoutOwn = (text: string) => text.replaceAll(/^ALTER ROLE postgres .*$/gm, '');
        expect(withoutOwn(await other.dumpAll())).toBe(withoutOwn(before));
      } finally {
        await other.stop();
      }
    });

    it('changes nothing when the download is cut, wherever that is', async () => {
      const lines = whole.toString('latin1').indexOf('\ndatabase ');
      for (const bytes of [0, 10, lines, Math.floor(whole.length * 0.7), whole.length - 3]) {
        writeFileSync(bench.store, whole.subarray(0, bytes));
        const restore = await bench.run('restore', parameters());
        expect(restore.code, `${bytes} bytes`).not.toBe(0);
        expect(restore.stderr, `${bytes} bytes`).toMatch(/as they were|Nothing was changed/);
      }
      writeFileSync(bench.store, Buffer.concat([whole, Buffer.from('x')]));
      expect((await bench.run('restore', parameters())).stderr).toContain('something follows its end');
      expect(await server.dumpAll()).toBe(before);
      expect(await remains()).toBe('');
    });

    it('takes new roles away again when it fails', async () => {
      await server.sql('postgres', 'DROP OWNED BY nobody; DROP ROLE nobody');
      const changed = await server.dumpAll();
      writeFileSync(bench.store, whole.subarray(0, Math.floor(whole.length * 0.6)));
      expect((await bench.run('restore', parameters())).code).not.toBe(0);
      expect(await server.dumpAll()).toBe(changed);
      await server.sql('postgres', 'CREATE ROLE nobody; GRANT pg_read_all_data TO nobody');
      expect(await server.dumpAll()).toBe(before);
    });

    it('changes nothing when it is killed, and the next one clears away what it left', async () => {
      const restore = await halfWay(Math.floor(whole.length * 0.9));
      restore.kill('SIGKILL');
      expect((await restore.ended).code).not.toBe(0);
      const list = await names();
      expect(list).toContain('backstay_restore');
      expect((await bench.run('check', { ...parameters(), BM_OPERATION: 'backup' })).stdout).toBe('');
      writeFileSync(bench.store, whole);
      await waitUntilReady(async () => {
        expect((await bench.run('check', { ...parameters(), BM_OPERATION: 'restore' })).stdout).toBe('');
      }, 10_000);
      const own = list.filter((name) => !name.startsWith('backstay_'));
      for (const name of own.filter((one) => one !== 'template0' && one !== 'template1'))
        expect(await server.dump(name), name).not.toBe('');
      const next = await bench.run('restore', parameters());
      expect(next.stderr).toContain('databases are restored');
      expect(await server.dumpAll()).toBe(before);
      expect(await remains()).toBe('');
    });

    it('clears away at once when the client ends it', async () => {
      const restore = await halfWay(Math.floor(whole.length * 0.9));
      restore.kill('SIGTERM');
      expect((await restore.ended).code).not.toBe(0);
      await waitUntilReady(async () => expect(await remains()).toBe(''), 20_000);
    });

    it('is refused while another is running, which is not disturbed', async () => {
      const first = await halfWay(Math.floor(whole.length * 0.8));
      const second = await bench.run('restore', parameters());
      expect(second.stderr).toContain('another restore is running');
      expect(second.code).not.toBe(0);
      expect((await bench.run('check', { ...parameters(), BM_OPERATION: 'restore' })).stdout).toMatch(
        /^hostname\tAnother/,
      );
      first.finish();
      expect(await first.ended).toMatchObject({ code: 0 });
      expect(await server.dumpAll()).toBe(before);
    });

    it('ends the connections of applications, and only when everything has arrived', async () => {
      const sleeping = server.sql(odd, 'SELECT pg_sleep(100)').then(
        () => 'slept',
        (error: Error) => error.message,
      );
      await delay(300);
      const failed = bench.store;
      writeFileSync(failed, whole.subarray(0, Math.floor(whole.length * 0.9)));
      expect((await bench.run('restore', parameters())).code).not.toBe(0);
      expect(await server.sql('postgres', `SELECT count(*) FROM pg_stat_activity WHERE query ~ 'pg_sleep\\(100'`)).toBe(
        '1\n',
      );
      writeFileSync(bench.store, whole);
      expect(await bench.run('restore', parameters())).toMatchObject({ code: 0 });
      expect(await sleeping).toMatch(/terminat/);
    });

    it('is as it was when the exchange is refused', async () => {
      // The last database of the plan cannot be altered: the exchange ends in the middle of its transaction.
      const text = whole.toString('latin1');
      const [plan = ''] = text.slice(text.indexOf('plan\n') + 5).split('\n.\n', 1);
      const parsed = JSON.parse(Buffer.from(plan, 'base64').toString()) as { databases: { datconnlimit: number }[] };
      for (const one of parsed.databases.slice(-1)) one.datconnlimit = -77;
      const wrong = Buffer.from(JSON.stringify(parsed)).toString('base64');
      writeFileSync(
        bench.store,
        text.replace(plan, () => wrong),
        'latin1',
      );
      const restore = await bench.run('restore', parameters());
      expect(restore.code).not.toBe(0);
      expect(restore.stderr).toContain('All databases and roles are as they were');
      expect(await server.dumpAll()).toBe(before);
      expect(await remains()).toBe('');
    });

    it('takes one database out of all, or leaves some out', async () => {
      const latin = await server.dump('latin');
      await server.sql('latin', 'DROP TABLE public.t');
      await server.sql(odd, 'CREATE TABLE later (i int)');
      expect(await bench.run('restore', parameters({ BM_PARAM_DB: 'latin' }))).toMatchObject({ code: 0 });
      expect(await server.dump('latin')).toBe(latin);
      await server.sql('postgres', 'CREATE DATABASE "not there"');
      const missing = await bench.run('restore', parameters({ BM_PARAM_DB: 'not there' }));
      expect(missing.stderr).toContain('"not there" is not one of them');
      expect(missing.code).not.toBe(0);
      await server.sql('postgres', 'DROP DATABASE "not there"');
      await server.sql('latin', 'DROP TABLE public.t');
      const restore = await bench.run('restore', parameters({ BM_PARAM_EXCLUDE: ' latin \r\npostgres\n' }));
      expect(restore).toMatchObject({ code: 0 });
      expect(await server.dump('latin')).not.toBe(latin);
      expect(await bench.run('restore', parameters())).toMatchObject({ code: 0 });
      expect(await server.dumpAll()).toBe(before);
      writeFileSync(bench.store, whole.subarray(0, whole.length - 3));
      await server.sql('latin', 'DROP TABLE public.t');
      const changed = await server.dump('latin');
      const cut = await bench.run('restore', parameters({ BM_PARAM_DB: 'latin' }));
      expect(cut.stderr).toContain('is as it was');
      expect(await server.dump('latin')).toBe(changed);
      writeFileSync(bench.store, whole);
      expect(await bench.run('restore', parameters())).toMatchObject({ code: 0 });
    });

    it('refuses the backup of one database', async () => {
      expect(await bench.run('backup', parameters({ BM_PARAM_DB: 'latin' }))).toMatchObject({ code: 0 });
      const restore = await bench.run('restore', parameters());
      expect(restore.stderr).toContain('Say in the parameter db');
      expect(restore.code).not.toBe(0);
    });
  });

  describe('a backup', { timeout: 60_000 }, () => {
    it('fails when a database cannot be read, unless it is left out', async () => {
      await server.sql('postgres', 'CREATE DATABASE "closed one"');
      await server.sql('postgres', 'ALTER DATABASE "closed one" ALLOW_CONNECTIONS false');
      try {
        rmSync(bench.store);
        const failed = await bench.run('backup', parameters());
        expect(failed.code).not.toBe(0);
        expect(failed.stderr).toContain('The database "closed one" allows no connections');
        expect(existsSync(bench.store)).toBe(false);
        expect((await bench.run('check', parameters())).stdout).toMatch(/^user\tThe database "closed one"/);
        const leavingOut = parameters({ BM_PARAM_EXCLUDE: 'closed one' });
        expect((await bench.run('check', leavingOut)).stdout).toBe('');
        expect(await bench.run('backup', leavingOut)).toMatchObject({ code: 0 });
        expect(readFileSync(bench.store, 'latin1')).not.toContain('closed one');
      } finally {
        await server.sql('postgres', 'DROP DATABASE "closed one"');
      }
    });

    it('can be made by a user who may only read, without passwords', async () => {
      await server.sql('postgres', `CREATE ROLE reading LOGIN PASSWORD 'r'`);
      await server.sql('postgres', 'GRANT SELECT ON in_postgres TO reading');
      const others = ['latin', 'bytes', 'pattern', 'template1', odd.replace('$(', '$$$$(')];
      const reading = {
        BM_PARAM_USER: 'reading',
        BM_PARAM_PASSWORD: 'r',
        BM_PARAM_EXCLUDE: others.join('\n'),
      };
      try {
        expect((await bench.run('check', parameters(reading))).stdout).toBe('');
        const backup = await bench.run('backup', parameters(reading));
        expect(backup.stderr).toContain('may not read the passwords');
        expect(backup.code).toBe(0);
        expect((await bench.run('check', { ...parameters(reading), BM_OPERATION: 'restore' })).stdout).toMatch(
          /needs a superuser/,
        );
        const restore = await bench.run('restore', parameters());
        expect(restore.stderr).toContain('databases are restored');
        expect(restore.code).toBe(0);
      } finally {
        await server.sql('postgres', 'DROP OWNED BY reading; DROP ROLE reading');
      }
      expect(await server.dumpAll()).toBe(before);
    });
  });
});
