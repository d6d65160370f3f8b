import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { Bench, collection } from '../faults/bench.ts';

const run = promisify(execFile);
const client = path.resolve(import.meta.dirname, '../../../engine/cli/dist/backup-maker.mjs');

/** The scripts of a procedure, as `backup-maker procedure` writes them, on a real repository. */
export class ProcedureRun {
  readonly #bench: Bench;
  readonly #folder: string;
  readonly #procedure: string;

  private constructor(bench: Bench, procedure: string) {
    this.#bench = bench;
    this.#procedure = procedure;
    this.#folder = fs.mkdtempSync(path.join(bench.repository.home, 'procedure-'));
    fs.writeFileSync(
      path.join(this.#folder, 'backup-maker'),
      `#!/bin/bash\nexec '${process.execPath}' '${client}' "$@"\n`,
      {
        mode: 0o755,
      },
    );
  }

  static async start(procedure: string): Promise<ProcedureRun> {
    return new ProcedureRun(await Bench.start(), procedure);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bench[Symbol.asyncDispose]();
  }

  /** Says which parameters the scripts have from now on. They are written with and without expansion in the job. */
  async define(parameters: Record<string, string>): Promise<void> {
    const { key, token, repository } = this.#bench;
    const document = {
      Params: parameters,
      Repository: { url: repository.url, token, collectionId: collection, recipient: key.email, passphrase: '' },
    };
    fs.writeFileSync(path.join(this.#folder, 'rkc-backup.yaml'), stringify(document));
    for (const [operation, file] of [['backup', key.publicPath] as const, ['restore', key.privatePath] as const]) {
      fs.mkdirSync(path.join(this.#folder, operation), { recursive: true });
      await this.#client('procedure', operation, '-t', this.#procedure, '-g', file, '-o', operation);
    }
  }

  async check(operation: 'backup' | 'restore'): Promise<void> {
    await this.#client('procedure', 'check', '-t', this.#procedure, '--operation', operation);
  }

  /** Runs a script; resolves to its log. Rejects when it ends with anything but 0. */
  async script(operation: 'backup' | 'restore', environment: NodeJS.ProcessEnv = {}): Promise<string> {
    const folder = path.join(this.#folder, operation);
    const { stderr } = await run(path.join(folder, `${operation}.sh`), [], {
      cwd: folder,
      env: { ...this.#environment(), ...environment },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stderr;
  }

  /** Restores from a repository where a byte of the newest version is another, or its end is missing. */
  async damagedRestore(damage: (stored: Buffer) => Buffer): Promise<string> {
    const stored = this.#newestBlob();
    const whole = fs.readFileSync(stored);
    fs.chmodSync(stored, 0o644);
    fs.writeFileSync(stored, damage(Buffer.from(whole)));
    // By its number: a repository that has found a version damaged offers the one before as the latest.
    const version = /-(\d+)$/.exec(stored)?.[1] ?? '';
    try {
      return await this.script('restore', { RESTORE_VERSION: version }).then(
        () => 'done',
        (error: { stderr?: string }) => error.stderr ?? String(error),
      );
    } finally {
      fs.writeFileSync(stored, whole);
    }
  }

  #newestBlob(): string {
    const folder = path.join(this.#bench.repository.home, 'blobs');
    const [newest] = fs
      .readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => path.join(folder, name))
      .filter((file) => fs.statSync(file).isFile())
      .sort((a, b) => fs.statSync(b).mtimeMs - fs.statSync(a).mtimeMs);
    if (newest === undefined) throw new Error('The repository has no blob.');
    return newest;
  }

  #environment(): NodeJS.ProcessEnv {
    return { ...process.env, PATH: `${this.#folder}:${process.env['PATH']}`, BM_HOME: this.#folder, BM_TIMEOUT: '20' };
  }

  async #client(...args: string[]): Promise<void> {
    await run(process.execPath, [client, ...args], { cwd: this.#folder, env: this.#environment() });
  }
}
