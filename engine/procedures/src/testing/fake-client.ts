import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findBuiltInProcedure, type Operation } from '@backstay/shared';
import { renderTemplate } from '../go-template/template.ts';

/** Stands in for backup-maker: it runs the command as the client does, and keeps the bytes in a file. Arguments are recorded. */
const client = `#!/bin/bash
printf '%s\\0' "$@" >"$FAKE_STORE.args"
operation=$1
while (($#)); do
  if [[ $1 == -c ]]; then command=$2; fi
  shift
done
if [[ $operation == make ]]; then
  /bin/bash -eo pipefail -c "$command" >"$FAKE_STORE.new" || exit 1
  mv "$FAKE_STORE.new" "$FAKE_STORE"
else
  /bin/bash -eo pipefail -c "$command" <"\${FAKE_SOURCE:-$FAKE_STORE}"
fi
`;

export interface ScriptRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** User who runs the script. */
  readonly uid?: number;
  /** Gets the id of the script's process group, which a test may kill. */
  readonly started?: (group: number) => void;
}

export interface ScriptBench {
  /** File that the fake client writes and reads. */
  readonly store: string;
  run(operation: Operation | 'check', environment: Record<string, string>, options?: RunOptions): Promise<ScriptRun>;
}

const scriptText = (name: string, operation: Operation | 'check'): string => {
  const procedure = findBuiltInProcedure(name);
  if (!procedure) throw new Error(`no procedure ${name}`);
  if (operation === 'check') return procedure.check;
  return renderTemplate(procedure[operation], { Repository: { encryptionKeyPath: '/mnt/secrets/gpg-key' } });
};

/** Runs the scripts of a built-in procedure for real, with a fake client, below `folder`. */
export const createScriptBench = (folder: string, procedure: string): ScriptBench => {
  const bin = path.join(folder, 'bin');
  const store = path.join(folder, 'store');
  mkdirSync(bin, { recursive: true });
  // Wrappers of other shells, such as dash, drop variables that they could not name, bash's exported functions among them.
  const wrapper = `#!/bin/sh\nexec '${path.join(bin, 'client')}' "$@"\n`;
  writeFileSync(path.join(bin, 'backup-maker'), wrapper, { mode: 0o755 });
  writeFileSync(path.join(bin, 'client'), client, { mode: 0o755 });
  for (const operation of ['backup', 'restore', 'check'] as const) {
    writeFileSync(path.join(bin, `${operation}.sh`), scriptText(procedure, operation), { mode: 0o755 });
  }
  chmodSync(folder, 0o777);
  return {
    store,
    run: (operation, environment, options = {}) =>
      runScript(path.join(bin, `${operation}.sh`), {
        ...options,
        env: {
          PATH: `${bin}:${process.env['PATH']}`,
          FAKE_STORE: store,
          BM_URL: 'http://127.0.0.1:1',
          BM_RECIPIENT: 'ops@example.org',
          BM_AUTH_TOKEN: 'token',
          BM_COLLECTION_ID: 'c',
          BM_PASSPHRASE: '',
          ...environment,
        },
      }),
  };
};

const runScript = (script: string, options: RunOptions & { env: Record<string, string> }): Promise<ScriptRun> =>
  new Promise((resolve, reject) => {
    const { uid, env } = options;
    const child = spawn(script, {
      env,
      ...(uid === undefined ? {} : { uid, gid: uid }),
      // A group of its own, which a test may kill as a whole.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid !== undefined) options.started?.(child.pid);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
