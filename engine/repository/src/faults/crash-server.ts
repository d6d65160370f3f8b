import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { stringify } from 'yaml';
import type { RepositoryOptions } from '../repository-options.ts';
import { type Answer, call } from '../testing/api.ts';
import { hashOnce } from '../testing/harness.ts';
import type { S3TestServer } from '../testing/s3-server.ts';

/** A server in a process of its own, which can be made to die at a named point. */
export interface CrashServer {
  readonly url: string;
  readonly child: ChildProcess;
  /** Names the point where the server is to die. */
  arm(point: string): Promise<void>;
}

/** What several of them work on together. Without a bucket: the folder in the home. */
export interface SharedStores {
  readonly postgresPort?: number;
  readonly bucket?: { readonly url: string; readonly credentials: S3TestServer['credentials'] };
  readonly turnTimes?: RepositoryOptions['turnTimes'];
}

export const startCrashServer = async (home: string, shared: SharedStores = {}): Promise<CrashServer> => {
  const script = path.join(import.meta.dirname, 'faulty-repository.ts');
  const child = spawn(process.execPath, [script, home, JSON.stringify(shared)], {
    env: { ...process.env, NODE_COMPILE_CACHE: path.join(home, 'compiled') },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [url] = await Promise.race([
    once(lines, 'line') as Promise<[string]>,
    once(child, 'exit').then(([code, signal]) => {
      throw new Error(`The server ended with ${code ?? signal}`);
    }),
  ]);
  const arm = async (point: string): Promise<void> => {
    const told = once(lines, 'line');
    child.stdin.write(`${point}\n`);
    await told;
  };
  return { url, child, arm };
};

export const killed = async ({ child }: CrashServer): Promise<void> => {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
};

/** The user `admin` and one collection, as files that the server reads. */
export const putConfiguration = async (home: string, collection: string, spec: unknown): Promise<void> => {
  const resources = path.join(home, 'configuration', 'backups', 'backups.riotkit.org', 'v1alpha1');
  const put = async (plural: string, name: string, content: unknown): Promise<void> => {
    await mkdir(path.join(resources, plural), { recursive: true });
    await writeFile(path.join(resources, plural, `${name}.yaml`), stringify({ metadata: { name }, spec: content }));
  };
  await put('backupusers', 'admin', { email: '', roles: ['systemAdmin'], password: await hashOnce('secret') });
  await put('backupcollections', collection, spec);
};

export const ask = (server: CrashServer, target: string, options: Parameters<typeof call>[2] = {}): Promise<Answer> =>
  call({ url: server.url } as never, target, options);

export const tokenOf = async (server: CrashServer): Promise<string> => {
  const json = { username: 'admin', password: 'secret' };
  return (await ask(server, 'POST /api/stable/auth/login', { json })).body.data.token;
};
