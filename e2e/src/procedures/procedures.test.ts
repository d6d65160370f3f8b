import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { mariadbInstalled, startMariadb } from '../../../engine/procedures/src/testing/mariadb-server.ts';
import { postgresBinaries, startPostgres } from '../../../engine/procedures/src/testing/postgres-server.ts';
import { redisInstalled, startRedis } from '../../../engine/procedures/src/testing/redis-server.ts';
import { ProcedureRun } from './procedure-run.ts';

const password = `it's #1 \${HOME} $(id) \`id\` "q" \\n ü\n;`;
/** initdb takes no more than a line. */
const oneLine = password.replaceAll('\n', '');
/** What the user writes so that nothing in it expands. */
const literal = (value: string): string => value.replaceAll(/\$([{(])/g, '$$$$$1');

interface Target {
  readonly procedure: string;
  readonly parameters: Record<string, string>;
  /** Everything that a restore has to bring back. */
  content(): Promise<unknown>;
  change(): Promise<unknown>;
  stop(): Promise<unknown>;
}

const files = async (): Promise<Target> => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "e2e it's $(id) "));
  fs.mkdirSync(path.join(folder, 'sub dir'));
  fs.writeFileSync(path.join(folder, 'sub dir', 'bytes'), Buffer.alloc(3_000_000, 'abc\0ü'));
  fs.writeFileSync(path.join(folder, 'line\nfeed'), 'x', { mode: 0o640 });
  fs.symlinkSync('nowhere', path.join(folder, 'link'));
  const list = () => execFileSync('find', ['.', '-printf', '%p %y %m %U %G %T@ %l\\n'], { cwd: folder }).toString();
  const bytes = () => execFileSync('sh', ['-c', 'find . -type f -exec sha256sum {} +'], { cwd: folder }).toString();
  return {
    procedure: 'files',
    parameters: { path: literal(folder) },
    content: async () => [list().split('\n').sort(), bytes().split('\n').sort()],
    change: async () => {
      fs.rmSync(path.join(folder, 'line\nfeed'));
      fs.writeFileSync(path.join(folder, 'new'), 'y');
    },
    stop: async () => fs.rmSync(folder, { recursive: true }),
  };
};

const postgresql = async (): Promise<Target> => {
  const server = await startPostgres(postgresBinaries() ?? '', oneLine);
  await server.sql('postgres', 'CREATE DATABASE "odd $(id) db"');
  const database = 'odd $(id) db';
  await server.sql(database, 'CREATE TABLE t AS SELECT n, md5(n::text) FROM generate_series(1, 50000) n');
  return {
    procedure: 'pg15',
    parameters: {
      hostname: '127.0.0.1',
      port: String(server.port),
      db: 'odd $$(id) db',
      user: 'postgres',
      password: literal(oneLine),
    },
    content: () => server.dump(database),
    change: () => server.sql(database, 'DELETE FROM t WHERE n < 100; CREATE TABLE later (x int)'),
    stop: () => server.stop(),
  };
};

const allOfPostgresql = async (): Promise<Target> => {
  const server = await startPostgres(postgresBinaries() ?? '', oneLine);
  await server.sql('postgres', `CREATE ROLE "odd $(id)" LOGIN PASSWORD 'p'`);
  await server.sql('postgres', 'CREATE DATABASE "odd $(id) db" OWNER "odd $(id)"');
  await server.sql('odd $(id) db', 'CREATE TABLE t AS SELECT n, md5(n::text) FROM generate_series(1, 50000) n');
  return {
    procedure: 'postgresql',
    parameters: {
      hostname: '127.0.0.1',
      port: String(server.port),
      db: '',
      user: 'postgres',
      password: literal(oneLine),
    },
    content: () => server.dumpAll(),
    change: async () => {
      await server.sql('odd $(id) db', 'DELETE FROM t WHERE n < 100; CREATE TABLE IF NOT EXISTS later (x int)');
      await server.sql('postgres', 'ALTER DATABASE "odd $(id) db" OWNER TO postgres; ALTER ROLE "odd $(id)" NOLOGIN');
    },
    stop: () => server.stop(),
  };
};

const mysql = async (): Promise<Target> => {
  const server = await startMariadb({ user: 'backup', password });
  await server.sql('CREATE DATABASE `odd $(id) db`');
  const database = 'odd $(id) db';
  await server.sql('CREATE TABLE t AS SELECT seq, md5(seq) AS m FROM mysql.seq_1_to_50000', database);
  return {
    procedure: 'mysql-dump-8.0',
    parameters: {
      hostname: '127.0.0.1',
      port: String(server.port),
      db: 'odd $$(id) db',
      user: 'backup',
      password: literal(password),
    },
    content: () => server.dump(database),
    change: () => server.sql('DELETE FROM t WHERE seq < 100; CREATE TABLE later (x int)', database),
    stop: () => server.stop(),
  };
};

const redis = async (): Promise<Target> => {
  const server = await startRedis({ password });
  const fill = `EVAL "for i = 1, 30000 do redis.call('SET', 'key:' .. i, redis.sha1hex(tostring(i))) end" 0`;
  await server.commands(fill, 'SELECT 2', String.raw`HSET "odd\x00\r\n $(id)" a "\xff"`, 'EXPIRE odd 100000');
  return {
    procedure: 'redis7',
    parameters: { hostname: '127.0.0.1', port: String(server.port), password: literal(password) },
    content: () => server.content(),
    change: () => server.commands('DEL key:1', 'SET later x', 'SELECT 2', 'FLUSHDB'),
    stop: () => server.stop(),
  };
};

const targets = [
  { name: 'files', start: files, installed: true },
  { name: 'PostgreSQL', start: postgresql, installed: postgresBinaries() !== undefined },
  { name: 'All of PostgreSQL', start: allOfPostgresql, installed: postgresBinaries() !== undefined },
  { name: 'MariaDB', start: mysql, installed: mariadbInstalled() },
  { name: 'Redis', start: redis, installed: redisInstalled() },
];

const flip = (place: number) => (stored: Buffer) => {
  const at = Math.floor(stored.length * place);
  stored[at] = (stored[at] ?? 0) ^ 1;
  return stored;
};

describe.each(targets)('$name, by the real client and repository', { timeout: 180_000 }, ({ start, installed }) => {
  it.skipIf(!installed)('comes back the same, and damage changes nothing', async () => {
    const target = await start();
    await using procedure = await ProcedureRun.start(target.procedure);
    try {
      await procedure.define(target.parameters);
      await procedure.check('backup');
      await procedure.check('restore');
      const before = await target.content();
      await procedure.script('backup');
      await target.change();
      const changed = await target.content();
      expect(changed).not.toEqual(before);
      await procedure.script('restore');
      expect(await target.content()).toEqual(before);
      // A value that is to expand does so in the environment of the job only.
      const expanding = Object.entries(target.parameters).map(([name], index) => [name, `\${VALUE_${index}}`] as const);
      const values = Object.values(target.parameters).map((value, index) => [
        `VALUE_${index}`,
        value.replaceAll(/\$\$([{(])/g, '$$$1'),
      ]);
      await procedure.define(Object.fromEntries(expanding));
      await target.change();
      await procedure.script('restore', Object.fromEntries(values));
      expect(await target.content()).toEqual(before);
      await procedure.define(target.parameters);
      await target.change();
      const changedAgain = await target.content();
      // A version that was found damaged is not given out again, so each damage needs one of its own.
      for (const damage of [flip(0.5), (stored: Buffer) => stored.subarray(0, Math.floor(stored.length * 0.7))]) {
        await procedure.script('backup');
        expect(await procedure.damagedRestore(damage)).toMatch(/level=error msg="Restore failed"/);
        expect(await target.content()).toEqual(changedAgain);
      }
    } finally {
      await target.stop();
    }
  });
});
