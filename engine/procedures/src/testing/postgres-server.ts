import { execFile, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@backstay/kubernetes/testing/free-port';
import { serverUser, waitUntilReady } from './server-process.ts';

const run = promisify(execFile);

export interface PostgresServer {
  readonly port: number;
  /** Of the superuser `postgres`. */
  readonly password: string;
  /** Runs SQL as the superuser; resolves with the rows as text. */
  sql(database: string, text: string): Promise<string>;
  /** Schema and data as SQL, without what differs from dump to dump. */
  dump(database: string): Promise<string>;
  /** The whole server as SQL: roles with passwords, memberships, and every database with its properties, but not what a restore has beside. */
  dumpAll(): Promise<string>;
  stop(): Promise<void>;
}

const versionsFolder = '/usr/lib/postgresql';

/** Folder of the newest server binaries, or undefined when no server is installed. */
export const postgresBinaries = (): string | undefined =>
  (existsSync(versionsFolder) ? readdirSync(versionsFolder) : [])
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => path.join(versionsFolder, version, 'bin'))
    .find((folder) => existsSync(path.join(folder, 'initdb')));

/** Starts a server of its own on a free port of the loopback, with a superuser whose password is `password`. */
export const startPostgres = async (binaries: string, password: string): Promise<PostgresServer> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'procedures-postgres-'));
  const user = serverUser('postgres');
  if (user) chownSync(folder, user.uid, user.gid);
  const passwordFile = path.join(folder, 'password');
  writeFileSync(passwordFile, password);
  chmodSync(passwordFile, 0o644);
  const data = path.join(folder, 'data');
  const initialise = [
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    '-E',
    'UTF8',
    '--no-sync',
    `--pwfile=${passwordFile}`,
  ];
  await run(path.join(binaries, 'initdb'), initialise, { ...user });
  const port = await freePort();
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off'];
  const server = spawn(path.join(binaries, 'postgres'), ['-D', data, ...settings.flatMap((one) => ['-c', one])], {
    ...user,
    stdio: 'ignore',
  });
  const env = { ...process.env, PGHOST: '127.0.0.1', PGPORT: String(port), PGUSER: 'postgres', PGPASSWORD: password };
  const options = { env, maxBuffer: 256 * 1024 * 1024 };
  // As an argument a name with an equals sign would be taken for connection settings.
  const into = (database: string) => ({ ...options, env: { ...env, PGDATABASE: database } });
  const sql = async (database: string, text: string): Promise<string> =>
    (await run(path.join(binaries, 'psql'), ['-XqtA', '-v', 'ON_ERROR_STOP=1', '-c', text], into(database))).stdout;
  await waitUntilReady(() => sql('postgres', 'SELECT 1'), 20_000);
  return {
    port,
    password,
    sql,
    dump: async (database) => {
      const { stdout } = await run(path.join(binaries, 'pg_dump'), [], into(database));
      return stdout.replaceAll(/^\\(un)?restrict .*$/gm, '');
    },
    dumpAll: async () => {
      const { stdout } = await run(
        path.join(binaries, 'pg_dumpall'),
        ['--no-sync', '--exclude-database=backstay_*'],
        options,
      );
      return stdout.replaceAll(/^\\(un)?restrict .*$/gm, '');
    },
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
