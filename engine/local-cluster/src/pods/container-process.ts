import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, closeSync, constants, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants as osConstants } from 'node:os';
import { delimiter, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Pipe, PipeStock } from './pipe-stock.ts';
import { signalGroup, startOf } from './process-table.ts';
import { yieldProcessor } from './yield-processor.ts';

export interface ProcessOptions {
  command: string[];
  workingDirectory: string;
  environment: ReadonlyMap<string, string>;
  pipes: PipeStock;
  /** Makes the process known durably. It does no work before this resolves, and never does when it rejects. */
  onCreated(process: { pid: number; started: string }): Promise<void>;
  onOutput(stream: 'stdout' | 'stderr', output: Readable): Promise<void>;
}

export interface Ended {
  exitCode: number;
  signal?: number;
}

export interface ContainerProcess {
  /** Sends a signal to the process and all its children. */
  signal(signal: NodeJS.Signals): void;
  /** Settles when it has ended, its children are killed and its output is kept. */
  readonly ended: Promise<Ended>;
}

/** The command could not be started; nothing has run. */
export class StartError extends Error {}

/** Waits for a word from its parent, which knows it durably by then; when the parent is gone, it ends. Then it becomes the
 * command, so that the process that was recorded is the one that works. */
const gate = 'read -r go <&3 || exit 125; exec 3<&-; exec "$@"';

const outputGrace = 2000;

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

const checkCommand = ({ command, workingDirectory, environment }: ProcessOptions): void => {
  const [name = ''] = command;
  if (!(statSync(workingDirectory, { throwIfNoEntry: false })?.isDirectory() ?? false)) {
    throw new StartError(`the working directory ${workingDirectory} does not exist`);
  }
  if (name.includes('/')) {
    const path = resolve(workingDirectory, name);
    if (statSync(path, { throwIfNoEntry: false }) === undefined) {
      throw new StartError(`exec: "${name}": stat ${path}: no such file or directory`);
    }
    if (!isExecutable(path)) {
      throw new StartError(`exec: "${name}": permission denied`);
    }
    return;
  }
  const folders = (environment.get('PATH') ?? '').split(delimiter);
  if (name === '' || !folders.some((folder) => isExecutable(resolve(workingDirectory, folder, name)))) {
    throw new StartError(`exec: "${name}": executable file not found in $PATH`);
  }
};

const openPipes = async (stock: PipeStock): Promise<{ stdout: Pipe; stderr: Pipe }> => {
  const stdout = await stock.take();
  try {
    return { stdout, stderr: await stock.take() };
  } catch (error) {
    closeSync(stdout.end);
    stdout.output.destroy();
    throw error;
  }
};

const signalNumber = (signal: NodeJS.Signals | null): number => (signal === null ? 0 : osConstants.signals[signal]);

const settle = async (outputs: { done: Promise<unknown>; streams: Socket[] }): Promise<void> => {
  // A child that left the group may hold the pipe open for ever.
  const timer = setTimeout(() => {
    for (const stream of outputs.streams) {
      stream.destroy();
    }
  }, outputGrace);
  await outputs.done.catch(() => undefined);
  clearTimeout(timer);
};

const whyNotSpawned = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return message.includes('E2BIG')
    ? `the command and its environment are too large for this system (${message}); mount large values as files instead`
    : message;
};

const spawnGated = (
  { command, workingDirectory, environment }: ProcessOptions,
  ends: [number, number],
): ChildProcess => {
  try {
    return spawn('/bin/sh', ['-c', gate, 'sh', ...command], {
      cwd: workingDirectory,
      env: Object.fromEntries(environment),
      detached: true,
      stdio: ['ignore', ...ends, 'pipe'],
    });
  } catch (error) {
    throw new StartError(whyNotSpawned(error));
  } finally {
    ends.forEach(closeSync);
  }
};

const exitOf = (child: ChildProcess): Promise<Ended> =>
  new Promise((settled, failed) => {
    child.once('error', (error) => failed(new StartError(whyNotSpawned(error))));
    child.once('exit', (code, signal) => {
      const number = signalNumber(signal);
      settled(signal === null ? { exitCode: code ?? 0 } : { exitCode: 128 + number, signal: number });
    });
  });

/** Starts a command in a process group of its own. Throws StartError. */
export const startProcess = async (options: ProcessOptions): Promise<ContainerProcess> => {
  checkCommand(options);
  const { stdout, stderr } = await openPipes(options.pipes);
  const streams = [stdout.output, stderr.output];
  const done = Promise.all([options.onOutput('stdout', stdout.output), options.onOutput('stderr', stderr.output)]);
  let child: ChildProcess;
  try {
    child = spawnGated(options, [stdout.end, stderr.end]);
  } catch (error) {
    await settle({ done, streams });
    throw error;
  }
  const { pid = 0 } = child;
  const open = child.stdio[3] as Writable;
  // The process may be killed before it reads the word.
  open.on('error', () => undefined);
  const ended = exitOf(child).finally(async () => {
    signalGroup(pid, 'SIGKILL');
    await settle({ done, streams });
  });
  // Whoever waits for it is told, but nobody does yet.
  ended.catch(() => undefined);
  if (pid === 0) {
    await ended;
    throw new StartError('the process could not be created');
  }
  yieldProcessor(pid);
  try {
    await options.onCreated({ pid, started: startOf(pid) ?? '' });
  } catch (error) {
    open.destroy();
    await ended;
    throw error;
  }
  open.end('go\n');
  return { signal: (signal) => void signalGroup(pid, signal), ended };
};
