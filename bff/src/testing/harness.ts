import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import {
  backupRoutes,
  clusterRoutes,
  errorBodySchema,
  jobRoutes,
  procedureRoutes,
  type Route,
  requestHeader,
  resourceTypes,
  restoreRoutes,
  scheduleRoutes,
  sessionRoutes,
} from '@backstay/shared';
import pino from 'pino';
import { type Console, startConsole } from '../console.ts';
import { FakeRepository } from './fake-repository.ts';
import { MemoryCluster, type MemoryPerson } from './memory-cluster.ts';

export interface Reply {
  status: number;
  headers: Headers;
  body: unknown;
  text: string;
}

export const consoleToken = 'canary-console-token';
export const personToken = 'canary-person-token';

/** A console over a real socket, a cluster in memory and a repository in memory. */
export class Harness {
  readonly cluster: MemoryCluster;
  readonly repository: FakeRepository;
  readonly folder: string;
  readonly log: string[] = [];
  console: Console;
  cookie = '';
  readonly seen: string[] = [];

  private constructor(parts: {
    cluster: MemoryCluster;
    repository: FakeRepository;
    folder: string;
    console: Console;
    log: string[];
  }) {
    this.cluster = parts.cluster;
    this.repository = parts.repository;
    this.folder = parts.folder;
    this.console = parts.console;
    this.log = parts.log;
  }

  static async start(person: MemoryPerson = { may: () => true }): Promise<Harness> {
    const folder = await mkdtemp(join(tmpdir(), 'backstay-bff-'));
    await mkdir(join(folder, 'web', 'assets'), { recursive: true });
    await writeFile(join(folder, 'web', 'index.html'), '<!doctype html><title>Backstay</title>');
    await writeFile(join(folder, 'web', 'assets', 'app-abc123.js'), `console.log(1);${' '.repeat(4_000)}`);
    const cluster = new MemoryCluster();
    cluster.people.set(consoleToken, { may: (question) => question.resource !== 'secrets' });
    cluster.people.set(personToken, person);
    for (const name of ['default', 'backups', 'shop']) {
      cluster.put(resourceTypes.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
    const repository = await new FakeRepository().start();
    const log: string[] = [];
    const console = await open({ cluster, repository, folder, log });
    return new Harness({ cluster, repository, folder, console, log });
  }

  /** Stops the console and starts another on the same database. */
  async restart(): Promise<void> {
    await this.console.stop();
    this.console = await open(this);
  }

  async signIn(): Promise<void> {
    const reply = await this.call('POST', '/api/session', { code: this.console.createSignInCode() });
    if (reply.status !== 200) throw new Error(`Cannot sign in: ${reply.text}`);
    this.cookie = (reply.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.console.url}${path}`, { ...init, headers: { cookie: this.cookie, ...init.headers } });
  }

  /** As the web app calls: with the headers of a page of this console. */
  async call(method: string, path: string, body?: unknown): Promise<Reply> {
    const headers: Record<string, string> = { origin: this.console.url, [requestHeader]: '1' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await this.fetch(path, {
      method,
      headers: method === 'GET' ? {} : headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    this.seen.push(text, JSON.stringify([...response.headers]));
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    const reply = {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : undefined,
      text,
    };
    checkReply(method, path, reply);
    return reply;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.console.stop();
    await this.repository.stop();
    await rm(this.folder, { recursive: true });
  }
}

const routeGroups = [
  ...[backupRoutes, clusterRoutes, jobRoutes, procedureRoutes, restoreRoutes, scheduleRoutes, sessionRoutes],
];
const routes: Route[] = routeGroups.flatMap((group) => Object.values(group) as Route[]);

/** Every reply keeps to the contract and holds nothing beside it. */
function checkReply(method: string, path: string, reply: Reply): void {
  const { pathname } = new URL(path, 'http://console');
  const pattern = (route: Route) => new RegExp(`^${route.path.replaceAll(/:\\w+/g, '[^/]+')}$`);
  const route = routes.find((candidate) => candidate.method === method && pattern(candidate).test(pathname));
  const schema = reply.status >= 400 ? errorBodySchema : route?.reply;
  if (schema === undefined || reply.body === undefined) return;
  const parsed = schema.parse(reply.body);
  if (JSON.stringify(parsed).length !== JSON.stringify(reply.body).length) {
    throw new Error(`${method} ${path} replies more than its schema: ${reply.text}`);
  }
}

function open(parts: {
  cluster: MemoryCluster;
  repository: FakeRepository;
  folder: string;
  log: string[];
}): Promise<Console> {
  const { cluster, repository, folder, log } = parts;
  const lines = new PassThrough().on('data', (chunk: Buffer) => log.push(chunk.toString()));
  return startConsole({
    host: '127.0.0.1',
    port: 0,
    mode: 'local',
    clusterName: 'this machine',
    client: cluster.clientAs(consoleToken),
    localUser: { name: 'ada', groups: ['backstay:people'], token: personToken },
    databaseFile: join(folder, 'console.db'),
    repository: {
      url: repository.url,
      jobUrl: repository.url,
      namespace: 'backups',
      username: 'backstay-console',
      password: repository.password,
    },
    webRoot: join(folder, 'web'),
    logger: pino({ level: 'info' }, lines),
  });
}
