import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { harmlessLogging } from '@backstay/shared';
import { pino } from 'pino';
import { stringify } from 'yaml';
import { encodePassword } from '../access/passwords.ts';
import { openFilesystemBlobs } from '../blobs/filesystem-blob-store.ts';
import { createFilesystemProvider } from '../configuration/filesystem-provider.ts';
import { openSqliteMetadata } from '../metadata/metadata-store.ts';
import type { RepositoryOptions } from '../repository-options.ts';
import { startRepository } from '../start-repository.ts';

const namespace = 'backups';
const passwords = new Map<string, Promise<string>>();

/** Hashing costs time, so each password of the tests is hashed once. */
export const hashOnce = (plain: string): Promise<string> => {
  const known = passwords.get(plain) ?? encodePassword(plain);
  passwords.set(plain, known);
  return known;
};

export const collectionSpec = {
  description: 'of a test',
  filenameTemplate: 'shop-db-${version}.tar.gz',
  maxBackupsCount: 3,
  maxOneVersionSize: '1M',
  maxCollectionSize: '5M',
  strategyName: 'fifo',
  strategySpec: {},
};

/** A server on real files and a real port, with a configuration folder of its own. */
export interface Harness {
  readonly home: string;
  readonly url: string;
  readonly logs: string[];
  readonly metricsPort: number | undefined;
  put(kind: 'BackupUser' | 'BackupCollection', name: string, spec: Record<string, unknown>): Promise<void>;
  putSecret(name: string, data: Record<string, string>): Promise<void>;
  remove(kind: 'BackupUser' | 'BackupCollection', name: string): Promise<void>;
  login(username: string, password?: string, more?: Record<string, unknown>): Promise<string>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const plural = { BackupUser: 'backupusers', BackupCollection: 'backupcollections' } as const;

export const createHarness = async (
  overrides: Partial<RepositoryOptions> = {},
  options: { wrap?: (parts: Pick<RepositoryOptions, 'blobs' | 'metadata'>) => Partial<RepositoryOptions> } = {},
): Promise<Harness> => {
  const home = await mkdtemp(path.join(tmpdir(), 'backstay-repository-'));
  const configuration = path.join(home, 'configuration');
  const resources = path.join(configuration, namespace, 'backups.riotkit.org', 'v1alpha1');
  const secrets = path.join(configuration, namespace, 'v1', 'secrets');
  for (const folder of [path.join(resources, 'backupusers'), path.join(resources, 'backupcollections'), secrets]) {
    await mkdir(folder, { recursive: true });
  }
  const logs: string[] = [];
  const logger = pino({ level: 'debug', hooks: harmlessLogging }, { write: (line: string) => void logs.push(line) });
  const start = async () => {
    const parts = {
      metadata: await openSqliteMetadata(path.join(home, 'repository.db')),
      blobs: await openFilesystemBlobs(path.join(home, 'blobs')),
    };
    return await startRepository({
      host: '127.0.0.1',
      port: 0,
      configuration: createFilesystemProvider(configuration, namespace),
      ...parts,
      jwtKey: 'a key for tests',
      logger,
      rateLimits: { default: 0, auth: 0, collectionHealth: 0, serverHealth: 0 },
      uploadGrace: 0,
      drainTime: 500,
      ...options.wrap?.(parts),
      ...overrides,
    });
  };
  let running = await start();

  const fileOf = (kind: keyof typeof plural, name: string) => path.join(resources, plural[kind], `${name}.yaml`);
  return {
    home,
    get url() {
      return running.url;
    },
    logs,
    get metricsPort() {
      return running.metricsPort;
    },
    put: (kind, name, spec) => writeFile(fileOf(kind, name), stringify({ kind, metadata: { name }, spec })),
    putSecret: (name, data) =>
      writeFile(path.join(secrets, `${name}.yaml`), stringify({ kind: 'Secret', metadata: { name }, data })),
    remove: (kind, name) => rm(fileOf(kind, name)),
    login: async (username, password = 'secret', more = {}) => {
      const response = await fetch(`${running.url}/api/stable/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username, password, ...more }),
      });
      const body = (await response.json()) as { data: { token?: string } };
      if (body.data.token === undefined) {
        throw new Error(`No token for ${username}: ${JSON.stringify(body)}`);
      }
      return body.data.token;
    },
    restart: async () => {
      await running.stop();
      running = await start();
    },
    stop: async () => {
      await running.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
};

/** A harness with an admin, a user without roles and the collection `shop-db`. */
export const createShop = async (...args: Parameters<typeof createHarness>): Promise<Harness> => {
  const harness = await createHarness(...args);
  const password = await hashOnce('secret');
  await harness.put('BackupUser', 'admin', { email: 'admin@example.org', roles: ['systemAdmin'], password });
  await harness.put('BackupUser', 'nobody', { email: 'nobody@example.org', roles: [], password });
  await harness.put('BackupCollection', 'shop-db', collectionSpec);
  return harness;
};
