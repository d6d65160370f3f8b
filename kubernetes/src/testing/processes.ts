import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { createServer } from 'node:net';

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') {
    throw new Error('No free port.');
  }
  return address.port;
};

export interface Started {
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** Starts a program that lives until `stop`; its output goes to a file. */
export const startProgram = (command: string, args: string[], logFile: string): Started => {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log] });
  const ended = once(child, 'exit').catch(() => undefined);
  return {
    child,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
      }
      await ended;
    },
  };
};

/** Asks until `probe` says yes. Throws after `timeoutMs`, naming `what`. */
export const waitUntil = async (
  what: string,
  probe: () => Promise<boolean> | boolean,
  timeoutMs = 30_000,
): Promise<void> => {
  const end = Date.now() + timeoutMs;
  while (!(await probe())) {
    if (Date.now() > end) {
      throw new Error(`Waited in vain for: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};
