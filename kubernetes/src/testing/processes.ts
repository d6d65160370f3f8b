import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';

export interface Started {
  readonly child: ChildProcess;
  /** Throws when it has ended, with the end of its log. */
  assertRuns(): void;
  stop(): Promise<void>;
}

/** Starts a program that lives until `stop`; its output goes to a file. */
export const startProgram = (command: string, args: string[], logFile: string): Started => {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { stdio: ['ignore', log, log] });
  const ended = once(child, 'exit').catch(() => undefined);
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    child,
    assertRuns: () => {
      if (hasEnded()) {
        throw new Error(`${command} ended:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
      }
    },
    stop: async () => {
      if (!hasEnded()) {
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
