import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '@backstay/kubernetes/testing/free-port';
import { stringify } from 'yaml';
import { cutPower } from '../faults/power/cut-power.ts';

let command = path.resolve(import.meta.dirname, '../../../engine/cli/dist/backstay.mjs');
const recordWrites = path.resolve(import.meta.dirname, '../faults/power/record-writes.ts');
const password = 'secret';
const unlimited = ['default', 'auth', 'server-health', 'collection-health'].flatMap((name) => [
  `--rate-${name}-limit`,
  '0',
]);
let hash: string | undefined;

export interface CollectionLimits {
  maxBackupsCount?: number;
  /** As in a BackupCollection: `1M`, `10G`. */
  maxOneVersionSize?: string;
  maxCollectionSize?: string;
}

export interface ProcessOptions {
  /** Notes what a power cut would take, for `cutPower`. */
  recordsWrites?: boolean;
  /** Modules loaded before the server's own code. */
  preloads?: readonly string[];
  /** Wins over the usual variables. */
  environment?: NodeJS.ProcessEnv;
  /** Default: a new temporary folder. Removed in the end. */
  home?: string;
  /** `false`: `start` prepares everything but the process. */
  running?: boolean;
  /** `external`: the one that `environment` names. Default: a file in the home. */
  database?: 'file' | 'external';
}

/** The real `backstay repository` on files, with the user `admin` and a home that outlives a crash. */
export class RepositoryProcess {
  readonly home: string;
  readonly #options: ProcessOptions;
  #child: ChildProcess | undefined;
  #port = 0;

  private constructor(options: ProcessOptions) {
    this.#options = options;
    this.home = options.home ?? fs.mkdtempSync(path.join(os.tmpdir(), 'backstay-repository-'));
  }

  static async start(
    collections: Record<string, CollectionLimits>,
    options: ProcessOptions = {},
  ): Promise<RepositoryProcess> {
    const repository = new RepositoryProcess(options);
    repository.putUser('admin', { email: '', roles: ['systemAdmin'], password: passwordHash() });
    for (const [name, limits] of Object.entries(collections)) repository.putCollection(name, limits);
    repository.#port = await freePort();
    if (options.running ?? true) await repository.restart();
    return repository;
  }

  /** While `work` runs, repositories are started from another build. */
  static async using(otherCommand: string, work: () => Promise<void>): Promise<void> {
    const usual = command;
    command = otherCommand;
    try {
      await work();
    } finally {
      command = usual;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  get database(): string {
    return path.join(this.home, 'repository.db');
  }

  /** Files that uploads in progress have written so far. */
  staged(): string[] {
    const folder = path.join(this.home, 'blobs/.staging');
    return fs.existsSync(folder) ? fs.readdirSync(folder).map((name) => path.join(folder, name)) : [];
  }

  /** Writes the document of a user; those with {@link passwordHash} log in by `login`. */
  putUser(name: string, spec: object): void {
    this.#put('backupusers', name, spec);
  }

  removeUser(name: string): void {
    fs.rmSync(path.join(this.#documents('backupusers'), `${name}.yaml`));
  }

  /** `rest` wins over everything usual. */
  putCollection(name: string, limits: CollectionLimits = {}, rest: object = {}): void {
    this.#put('backupcollections', name, {
      description: name,
      filenameTemplate: `${name}-\${version}`,
      ...{ maxBackupsCount: 3, maxOneVersionSize: '20G', maxCollectionSize: '60G', ...limits },
      ...{ strategyName: 'fifo', strategySpec: {}, ...rest },
    });
  }

  removeCollection(name: string): void {
    fs.rmSync(path.join(this.#documents('backupcollections'), `${name}.yaml`));
  }

  /** On the same home and port. `extra` adds to its variables. */
  async restart(extra: NodeJS.ProcessEnv = {}): Promise<void> {
    this.begin(extra);
    await this.answers();
  }

  /** Starts it without waiting: it may fail. */
  begin(extra: NodeJS.ProcessEnv = {}): ChildProcess {
    this.#child = this.#spawn(this.#port, 'inherit', extra);
    return this.#child;
  }

  /** One more server on the same home, with a port of its own. It is the caller's to end. */
  async beginAnother(): Promise<ChildProcess> {
    return this.#spawn(await freePort(), 'ignore');
  }

  #spawn(port: number, complaints: 'inherit' | 'ignore', extra: NodeJS.ProcessEnv = {}): ChildProcess {
    const { recordsWrites, preloads = [], database = 'file' } = this.#options;
    const imports = [...(recordsWrites ? [recordWrites] : []), ...preloads].flatMap((module) => ['--import', module]);
    const listen = ['repository', '-p', 'filesystem', '-n', 'backups', '--listen', `127.0.0.1:${port}`];
    const folders = ['--config-local-path', path.join(this.home, 'configuration')];
    const store = database === 'file' ? ['--db-file', this.database] : [];
    return spawn(process.execPath, [...imports, command, ...listen, ...folders, ...store, ...unlimited], {
      stdio: ['ignore', 'ignore', complaints],
      env: { ...this.#environment(), ...extra },
    });
  }

  /** A token; `asked` adds to the body, as `lifetime` does. */
  async login(username = 'admin', asked: object = {}): Promise<string> {
    const reply = await fetch(`${this.url}/api/stable/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password, ...asked }),
    });
    const { data } = (await reply.json()) as { data: { token: string } };
    return data.token;
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  /** Kill -9, and what was not synced is lost. */
  async cutPower(): Promise<void> {
    await this.end('SIGKILL');
    cutPower(this.#journal, path.join(this.home, 'blobs'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nobody looks at its home any more, and for what is open it would drain for long.
    await this.end('SIGKILL');
    fs.rmSync(this.home, { recursive: true, force: true });
  }

  #documents(plural: string): string {
    return path.join(this.home, 'configuration/backups/backups.riotkit.org/v1alpha1', plural);
  }

  get #journal(): string {
    return path.join(this.home, 'writes.jsonl');
  }

  get #running(): ChildProcess {
    if (this.#child === undefined) throw new Error('the repository was never started');
    return this.#child;
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      ...{ BR_LOG_LEVEL: 'fatal', BR_JWT_SECRET_KEY: 'a key for tests', BR_HEALTH_CHECK_KEY: 'health' },
      ...(this.#options.recordsWrites ? { BACKSTAY_WRITE_JOURNAL: this.#journal } : {}),
      BR_STORAGE_DRIVER_URL: `file://${this.home}/blobs?create_dir=1`,
      ...this.#options.environment,
    };
  }

  #put(plural: string, name: string, spec: object): void {
    const folder = this.#documents(plural);
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, `${name}.yaml`), stringify({ metadata: { name }, spec }));
  }

  /** Waits until it takes requests. */
  async answers(): Promise<void> {
    const child = this.#running;
    for (const end = Date.now() + 20_000; Date.now() < end; await delay(20)) {
      if (child.exitCode !== null) throw new Error(`the repository ended with ${child.exitCode}`);
      const reply = await fetch(`${this.url}/health`).catch(() => undefined);
      await reply?.text();
      if (reply?.status === 200) return;
    }
    throw new Error('the repository does not answer');
  }
}

/** Of the password that `login` uses, as a document holds it. */
export function passwordHash(): string {
  hash ??= execFileSync(process.execPath, [command, 'repository', '--encode-password', password]).toString().trim();
  return hash;
}
