import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';

const command = path.resolve(import.meta.dirname, '../../../engine/cli/dist/backstay.mjs');

/** The real `backstay start` on a home of its own. */
export interface BackstayProcess {
  readonly url: string;
  readonly signInLink: string;
  readonly home: string;
  readonly pid: number;
  /** Milliseconds from the start of the process to its ready line. */
  readonly readyMilliseconds: number;
  /** URLs as in `endpoints.json`. */
  endpoints(): { console: string; kubernetes: string; repository: string };
  kill(): Promise<void>;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
}

export const newHome = (): string => fs.mkdtempSync(path.join(os.tmpdir(), 'backstay-e2e-'));

/** `port` of the console; 0: any free one. */
export async function startBackstay(home: string = newHome(), port = 0): Promise<BackstayProcess> {
  const begun = Date.now();
  const child = spawn(process.execPath, [command, 'start'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, BACKSTAY_HOME: home, BACKSTAY_PORT: String(port) },
  });
  const { url, signInLink } = await ready(child);
  return {
    url,
    signInLink,
    home,
    pid: child.pid ?? -1,
    readyMilliseconds: Date.now() - begun,
    endpoints: () => JSON.parse(fs.readFileSync(path.join(home, 'endpoints.json'), 'utf8')),
    kill: async () => void (await ended(child, 'SIGKILL')),
    stop: () => ended(child, 'SIGTERM'),
  };
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
  return child.exitCode;
}

async function ready(child: ChildProcess): Promise<{ url: string; signInLink: string }> {
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  let signInLink = '';
  if (!child.stdout) throw new Error('no stdout');
  for await (const line of readline.createInterface({ input: child.stdout })) {
    signInLink = /(http:\S+\/sign-in#\S+)/.exec(line)?.[1] ?? signInLink;
    const url = /^Backstay is ready at (\S+)$/.exec(line)?.[1];
    if (url) {
      child.stdout.resume();
      return { url, signInLink };
    }
  }
  throw new Error(`backstay ended before it was ready: ${errors}`);
}
