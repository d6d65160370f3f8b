import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { openS3Blobs } from '../blobs/s3/open-s3-blobs.ts';
import { createFilesystemProvider } from '../configuration/filesystem-provider.ts';
import { openPostgresMetadata } from '../metadata/postgres.ts';
import type { RepositoryOptions } from '../repository-options.ts';
import { parseStorageUrl } from '../settings/storage-url.ts';
import { type RunningRepository, startRepository } from '../start-repository.ts';
import { collectionSpec, hashOnce } from './harness.ts';
import { type PostgresServer, postgresIsThere, startPostgresServer } from './postgres-server.ts';
import { findS3Server, type S3TestServer, startS3Server } from './s3-server.ts';

/** Several servers on one real PostgreSQL and one bucket of a real S3 server. */
export interface Replicas {
  readonly home: string;
  readonly postgres: PostgresServer;
  readonly s3: S3TestServer;
  readonly logs: string[];
  /** One more server. Each has connections and clients of its own. */
  start(overrides?: Partial<RepositoryOptions>): Promise<RunningRepository>;
  putCollection(name: string, spec?: Record<string, unknown>): Promise<void>;
  /** Of the user `admin`, at any of the servers. */
  login(server: { url: string }): Promise<string>;
  stop(): Promise<void>;
}

/** What is missing for {@link createReplicas}; empty: nothing. */
export const missingForReplicas = (): string => {
  const names = [...(postgresIsThere() ? [] : ['PostgreSQL']), ...(findS3Server() === undefined ? ['versitygw'] : [])];
  return names.length === 0 ? '' : ` (needs ${names.join(' and ')})`;
};

export const createReplicas = async (): Promise<Replicas> => {
  const home = await mkdtemp(path.join(tmpdir(), 'backstay-replicas-'));
  const resources = path.join(home, 'backups', 'backups.riotkit.org', 'v1alpha1');
  const put = async (plural: string, name: string, spec: unknown): Promise<void> => {
    await mkdir(path.join(resources, plural), { recursive: true });
    await writeFile(path.join(resources, plural, `${name}.yaml`), stringify({ metadata: { name }, spec }));
  };
  await put('backupusers', 'admin', { email: '', roles: ['systemAdmin'], password: await hashOnce('secret') });
  const postgres = await startPostgresServer();
  const s3 = await startS3Server();
  const logs: string[] = [];
  const running: RunningRepository[] = [];
  const location = parseStorageUrl(s3.url());
  if (location.kind !== 's3') {
    throw new Error('The bucket has no S3 URL');
  }
  const start = async (overrides: Partial<RepositoryOptions> = {}): Promise<RunningRepository> => {
    const server = await startRepository({
      host: '127.0.0.1',
      port: 0,
      configuration: createFilesystemProvider(home, 'backups'),
      metadata: await openPostgresMetadata({
        host: '127.0.0.1',
        port: postgres.port,
        user: 'backstay',
        password: '',
        database: 'postgres',
        onError: () => undefined,
      }),
      blobs: openS3Blobs(location, { credentials: s3.credentials }),
      jwtKey: 'a key for tests',
      logger: pino({ level: 'info' }, { write: (line: string) => void logs.push(line) }),
      rateLimits: { default: 0, auth: 0, collectionHealth: 0, serverHealth: 0 },
      uploadGrace: 0,
      drainTime: 500,
      ...overrides,
    });
    running.push(server);
    return server;
  };
  return {
    home,
    postgres,
    s3,
    logs,
    start,
    putCollection: (name, spec = {}) => put('backupcollections', name, { ...collectionSpec, ...spec }),
    login: async ({ url }) => {
      const response = await fetch(`${url}/api/stable/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'admin', password: 'secret' }),
      });
      const { data } = (await response.json()) as { data: { token: string } };
      return data.token;
    },
    stop: async () => {
      await Promise.all(running.map((server) => server.stop()));
      postgres.stop();
      await s3.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
};
