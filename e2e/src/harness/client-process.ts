import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

let client = path.resolve(import.meta.dirname, '../../../engine/cli/dist/backup-maker.mjs');

export interface ClientEnd {
  /** Null: ended by a signal. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  log: string;
}

export interface ClientProcess {
  readonly child: ChildProcess;
  readonly end: Promise<ClientEnd>;
}

/** While `work` runs, clients are started from another build. */
export async function usingClient(otherClient: string, work: () => Promise<void>): Promise<void> {
  const usual = client;
  client = otherClient;
  try {
    await work();
  } finally {
    client = usual;
  }
}

/** The real `backup-maker`, as a script starts it. */
export function startClient(argv: readonly string[], environment: NodeJS.ProcessEnv): ClientProcess {
  const child = spawn(process.execPath, [client, ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    // A failing run says little; a loud command must not fill the memory.
    if (log.length < 100_000) log += chunk.toString();
  });
  const end = once(child, 'close').then(() => ({ exitCode: child.exitCode, signal: child.signalCode, log }));
  return { child, end };
}

export const runClient = (argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<ClientEnd> =>
  startClient(argv, environment).end;
