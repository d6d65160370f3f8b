import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@backstay/kubernetes/testing/free-port';

/** A real PostgreSQL server on a free loopback port, with a superuser `backstay` and a password. */
export interface PostgresServer {
  readonly port: number;
  readonly password: string;
  /** Runs SQL with `psql`; returns its unaligned output. */
  sql(database: string, text: string): string;
  /** A plain dump of a database: what two equal databases have in common. */
  dump(database: string): string;
  /** Breaks all connections off and is gone for a while, as a crash would. */
  restart(away?: () => Promise<void>): Promise<void>;
  /** Every process of it stands still, its connections stay. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** False: no server is installed. */
export function postgresIsThere(): boolean {
  try {
    return postgresFolder() !== '';
  } catch {
    return false;
  }
}

/** Folder of the newest server on this machine. */
export function postgresFolder(): string {
  const base = '/usr/lib/postgresql';
  const versions = fs.existsSync(base) ? fs.readdirSync(base).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions
    .map((version) => path.join(base, version, 'bin'))
    .find((folder) => fs.existsSync(`${folder}/initdb`));
  if (!found) throw new Error('PostgreSQL is missing. On Debian: apt-get install postgresql');
  return found;
}

const hostilePassword = `it's "secret" $HOME \\ \`x\``;

// The server refuses to run as root; `postgres` is the user that its package makes.
const asServerUser = (args: string[]): string[] =>
  process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', ...args] : args;

export async function startPostgres(password = hostilePassword): Promise<PostgresServer> {
  const bin = postgresFolder();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'backstay-pg-'));
  const passwordFile = path.join(folder, 'password');
  fs.writeFileSync(passwordFile, password);
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', 'postgres:postgres', folder]);
  const data = path.join(folder, 'data');
  const run = (args: string[]) => {
    const [file = '', ...rest] = asServerUser(args);
    return execFileSync(file, rest, { stdio: 'pipe', cwd: '/' });
  };
  run([
    `${bin}/initdb`,
    '-D',
    data,
    '-U',
    'backstay',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--no-sync',
  ]);
  const port = await freePort();
  const [file = '', ...rest] = asServerUser([
    `${bin}/postgres`,
    ...['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`],
    ...['-c', 'fsync=off'],
  ]);
  const launch = (): ChildProcess => spawn(file, rest, { stdio: 'ignore', cwd: '/' });
  let server = launch();
  const env = { ...process.env, PGPASSWORD: password };
  const connection = ['-h', '127.0.0.1', '-p', String(port), '-U', 'backstay'];
  const sql = (database: string, text: string) =>
    execFileSync(`${bin}/psql`, [...connection, '-d', database, '-v', 'ON_ERROR_STOP=1', '-qAt', '-f', '-'], {
      env,
      input: text,
      stdio: 'pipe',
      maxBuffer: 1 << 28,
    }).toString();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const exit = once(server, 'exit');
    server.kill(signal);
    await exit;
  };
  const answers = () => until(() => sql('postgres', 'select 1'));
  await answers();
  return {
    port,
    password,
    sql,
    dump: (database) =>
      execFileSync(`${bin}/pg_dump`, [...connection, '-d', database], { env, maxBuffer: 2 ** 30 })
        .toString()
        // Newer clients put a random key around a plain dump.
        .replace(/^\\(un)?restrict .*$/gm, ''),
    restart: async (away) => {
      await end('SIGQUIT');
      await away?.();
      server = launch();
      await answers();
    },
    pause: () => signalAll(server, 'SIGSTOP'),
    resume: () => signalAll(server, 'SIGCONT'),
    stop: async () => {
      signalAll(server, 'SIGCONT');
      await end('SIGINT');
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The server and the process of each of its connections. */
function signalAll({ pid = 0 }: ChildProcess, signal: NodeJS.Signals): void {
  const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  for (const one of [pid, ...children]) {
    try {
      process.kill(one, signal);
    } catch {
      // That connection has ended.
    }
  }
}

async function until(probe: () => unknown): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      probe();
      return;
    } catch (error) {
      if (attempt > 100) throw error;
      await sleep(100);
    }
  }
}
