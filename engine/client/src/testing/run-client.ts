import { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import { runBackupMaker } from '../run.ts';

class Collector extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export interface ClientRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningClient {
  readonly result: Promise<ClientRun>;
  readonly signals: EventEmitter;
  /** Of the client and of its command, so far. */
  output(): string;
}

/** Runs the client in this process, with real commands and connections. */
export const startClient = (argv: readonly string[], environment: NodeJS.ProcessEnv): RunningClient => {
  const stdout = new Collector();
  const stderr = new Collector();
  const signals = new EventEmitter();
  const env = { PATH: process.env['PATH'], ...environment };
  const result = runBackupMaker({
    argv,
    env,
    stdout,
    stderr,
    signals,
    retryMilliseconds: 5,
    stallMilliseconds: 1000,
    graceMilliseconds: 500,
  }).then((exitCode) => ({
    exitCode,
    stdout: stdout.text,
    stderr: stderr.text,
  }));
  return { result, signals, output: () => stdout.text + stderr.text };
};

export const runClient = async (argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<ClientRun> =>
  await startClient(argv, environment).result;
