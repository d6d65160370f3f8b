import { execFile, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@backstay/kubernetes/testing/free-port';
import { serverUser, waitUntilReady } from './server-process.ts';

const run = promisify(execFile);

export interface MariadbServer {
  readonly port: number;
  /** Runs SQL as root over the server's socket; resolves with the rows as text. */
  sql(text: string, database?: string): Promise<string>;
  /** Schema and data as SQL, without what differs from dump to dump. */
  dump(database: string): Promise<string>;
  databases(): Promise<string[]>;
  stop(): Promise<void>;
}

export const mariadbInstalled = (): boolean => existsSync('/usr/sbin/mariadbd');

/** Starts a server of its own on a free port of the loopback, with an account that may do everything. */
export const startMariadb = async (account: { user: string; password: string }): Promise<MariadbServer> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'procedures-mariadb-'));
  const user = serverUser('mysql');
  if (user) chownSync(folder, user.uid, user.gid);
  const data = path.join(folder, 'data');
  const socket = path.join(folder, 's');
  const initialise = [
    '--no-defaults',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ];
  await run('mariadb-install-db', initialise, { ...user });
  const port = await freePort();
  const settings = [`--datadir=${data}`, `--socket=${socket}`, `--port=${port}`, '--bind-address=127.0.0.1'];
  const light = ['--innodb-flush-log-at-trx-commit=0', '--innodb-buffer-pool-size=16M', '--event-scheduler=ON'];
  const server = spawn('/usr/sbin/mariadbd', ['--no-defaults', ...settings, ...light, `--pid-file=${folder}/pid`], {
    ...user,
    stdio: 'ignore',
  });
  const options = { maxBuffer: 256 * 1024 * 1024 };
  const login = ['--no-defaults', `--socket=${socket}`, '--user=root', '--default-character-set=utf8mb4'];
  const sql = async (text: string, database = 'mysql'): Promise<string> => {
    const file = path.join(folder, 'input.sql');
    writeFileSync(file, text);
    const command = 'input=$1; shift; exec mariadb "$@" <"$input"';
    const { stdout } = await run('/bin/sh', ['-c', command, 'sh', file, ...login, '-N', '-B', database], options);
    return stdout;
  };
  await waitUntilReady(() => sql('SELECT 1'), 30_000);
  const literal = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  await sql(
    `CREATE USER ${account.user}@'%' IDENTIFIED BY ${literal(account.password)};
     GRANT ALL ON *.* TO ${account.user}@'%' WITH GRANT OPTION`,
  );
  return {
    port,
    sql,
    dump: async (database) => {
      const parts = ['--routines', '--events', '--triggers', '--hex-blob', '--skip-dump-date', '--skip-comments'];
      return (await run('mariadb-dump', [...login, ...parts, '--', database], options)).stdout;
    },
    databases: async () => (await sql('SHOW DATABASES')).trim().split('\n'),
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
