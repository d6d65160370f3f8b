import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@backstay/kubernetes/testing/free-port';
import { Client } from 'pg';

/** A real PostgreSQL server on a free loopback port. */
export interface PostgresServer {
  readonly port: number;
  /** Runs SQL as a role (default: the superuser) and gives the rows. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into rows of every shape.
  sql(text: string, values?: unknown[], as?: { user: string; database: string }): Promise<any[]>;
  /** Breaks all connections off, as a crash would, and starts it again after the work. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
  stop(): void;
}

const superuser = { user: 'backstay', database: 'postgres' };

const binaries = (): string | undefined => {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => path.join(base, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(path.delimiter),
  ];
  return folders.find((folder) => ['initdb', 'pg_ctl'].every((name) => existsSync(path.join(folder, name))));
};

/** False: `initdb` and `pg_ctl` are nowhere to be found. */
export const postgresIsThere = (): boolean => binaries() !== undefined;

/** It refuses to run as root. */
const asServer = (command: string, args: string[]): void => {
  const isRoot = process.getuid?.() === 0;
  const file = path.join(binaries() ?? '', command);
  const all = isRoot ? ['-u', 'postgres', '--', file, ...args] : args;
  execFileSync(isRoot ? 'runuser' : file, all, { stdio: 'ignore', cwd: tmpdir() });
};

export const startPostgresServer = async (): Promise<PostgresServer> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'backstay-postgres-'));
  const port = await freePort();
  if (process.getuid?.() === 0) {
    const uid = Number(execFileSync('id', ['-u', 'postgres']).toString());
    chownSync(folder, uid, uid);
  }
  const data = path.join(folder, 'data');
  asServer('initdb', ['-D', data, '-U', superuser.user, '-A', 'trust', '-E', 'UTF8', '-N']);
  const options = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories=${folder} -c fsync=off`;
  const start = () => asServer('pg_ctl', ['-D', data, '-w', '-o', options, '-l', path.join(folder, 'log'), 'start']);
  start();
  return {
    port,
    sql: async (text, values = [], as = superuser) => {
      const client = new Client({ host: '127.0.0.1', port, ...as });
      await client.connect();
      try {
        const { rows } = await client.query(text, values);
        return rows;
      } finally {
        await client.end();
      }
    },
    restart: async (meanwhile) => {
      asServer('pg_ctl', ['-D', data, '-m', 'immediate', '-w', 'stop']);
      await meanwhile?.();
      start();
    },
    stop: () => {
      asServer('pg_ctl', ['-D', data, '-m', 'immediate', 'stop']);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
