import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { JobStage } from '@backstay/shared/rules/job-log';
import { Failure, messageOf } from '../failure.ts';
import { ProcessGuard } from './process-guard.ts';
import { findShell, type Shell, strict } from './shell.ts';

export interface ShellCommandOptions {
  readonly command: string;
  readonly stage: Extract<JobStage, 'dump' | 'load'>;
  readonly environment: NodeJS.ProcessEnv;
  /** Where standard output (of a load) and standard error go. */
  readonly output: CommandOutput;
  /** Time between SIGTERM and SIGKILL. */
  readonly graceMilliseconds: number;
}

export interface CommandOutput {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

export interface CommandExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Milliseconds that the end of the command's output is waited for when the command is gone. */
const longestOutput = 1000;
/** They are the client's own; a command that logs its environment must not give them away. */
const hidden = ['BM_AUTH_TOKEN', 'BM_PASSPHRASE'];

const visibleEnvironment = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !hidden.includes(name)));

const descriptorOf = (stream: NodeJS.WritableStream): number | 'pipe' =>
  'fd' in stream && typeof stream.fd === 'number' ? stream.fd : 'pipe';

/** Starts nothing before the guard watches: the client says so by one line. */
const gate = 'IFS= read -r go <&3 || exit 1; exec 3<&-; exec "$@"';

const gated = ({ path, options }: Shell, command: string): string[] => {
  const started = [path, ...options, ...strict, '-c', command];
  return [...options, '-c', gate, 'backup-maker', ...started];
};

const shellFor = (environment: NodeJS.ProcessEnv, stage: 'dump' | 'load'): Shell => {
  const shell = findShell(environment);
  if (shell) return shell;
  const reason = 'there is no bash, and no other shell that knows "set -o pipefail": install bash into the image';
  throw new Failure(stage === 'dump' ? 'dumpFailed' : 'loadFailed', reason, { stage });
};

/** The user's command in a shell and a process group of its own: what it writes goes nowhere but into its streams. */
export class ShellCommand {
  readonly #child: ChildProcess;
  readonly #shell: Shell;
  readonly #stage: 'dump' | 'load';
  readonly #grace: number;
  readonly exited: Promise<CommandExit>;

  /** Throws a Failure when there is no shell for it. */
  constructor({ command, stage, environment, output, graceMilliseconds }: ShellCommandOptions) {
    this.#stage = stage;
    this.#grace = graceMilliseconds;
    this.#shell = shellFor(environment, stage);
    const errors = descriptorOf(output.stderr);
    this.#child = spawn(this.#shell.path, gated(this.#shell, command), {
      detached: true,
      env: visibleEnvironment(environment),
      stdio:
        stage === 'dump' ? ['ignore', 'pipe', errors, 'pipe'] : ['pipe', descriptorOf(output.stdout), errors, 'pipe'],
    });
    // Node throws away what is unread when the child exits, unless somebody listens already.
    if (stage === 'dump') this.#child.stdout?.on('readable', () => undefined);
    else this.#child.stdout?.pipe(output.stdout, { end: false });
    this.#child.stderr?.pipe(output.stderr, { end: false });
    this.exited = this.#watch();
    this.#openGate();
  }

  get stdout(): Readable {
    if (!this.#child.stdout) throw new Error('the command has no standard output');
    return this.#child.stdout;
  }

  get stdin(): Writable {
    if (!this.#child.stdin) throw new Error('the command has no standard input');
    return this.#child.stdin;
  }

  #watch(): Promise<CommandExit> {
    const stage = this.#stage;
    const exited = new Promise<CommandExit>((resolve, reject) => {
      this.#child.once('error', (error) => {
        reject(new Failure(this.#kind, `the shell cannot be started: ${messageOf(error)}`, { stage, cause: error }));
      });
      this.#child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    exited.catch(() => undefined);
    return exited;
  }

  #openGate(): void {
    const { pid, stdin, stdio } = this.#child;
    const opener = stdio[3] as Writable | null | undefined;
    opener?.on('error', () => undefined);
    if (pid === undefined) return;
    const guard = new ProcessGuard({ shell: this.#shell, processGroup: pid, input: stdin ?? undefined });
    const release = (): void => guard.release();
    this.exited.then(release, release);
    if (guard.running) opener?.end('go\n');
    else opener?.destroy();
  }

  /** True when this side closed the output of the command before its end. */
  get stoppedReading(): boolean {
    return this.stdout.destroyed && !this.stdout.readableEnded;
  }

  /** Resolves when the command exited with 0, and throws a Failure for everything else. */
  async succeeded(): Promise<void> {
    const { code, signal } = await this.exited;
    if (code === 0) return;
    const stage = this.#stage;
    if (signal) throw new Failure(this.#kind, `the command was ended by ${signal}`, { stage, signal });
    const meaning = code === 127 ? ' (command not found)' : '';
    throw new Failure(this.#kind, `the command exited with ${code}${meaning}`, { stage, exitCode: code ?? -1 });
  }

  /**
   * Ends the whole group: SIGTERM, and SIGKILL for what is left of it after the grace time or after the shell is gone.
   * Resolves when the shell is gone, and what the group wrote was passed on. Streams stay open until then.
   */
  async kill(): Promise<void> {
    if (this.#child.pid === undefined) return;
    this.#signalGroup('SIGTERM');
    const timer = setTimeout(() => this.#signalGroup('SIGKILL'), this.#grace);
    await this.exited.catch(() => undefined);
    clearTimeout(timer);
    this.#signalGroup('SIGKILL');
    await this.#outputPassedOn();
  }

  /** Only where it goes through this process. What has left the group may hold a stream open for ever. */
  async #outputPassedOn(): Promise<void> {
    const { stdout, stderr } = this.#child;
    const piped = [this.#stage === 'load' ? stdout : null, stderr].filter((stream) => stream !== null);
    if (piped.length === 0) return;
    const signal = AbortSignal.timeout(longestOutput);
    await Promise.all(piped.map((stream) => finished(stream, { signal }).catch(() => undefined)));
  }

  get #kind(): 'dumpFailed' | 'loadFailed' {
    return this.#stage === 'dump' ? 'dumpFailed' : 'loadFailed';
  }

  #signalGroup(signal: NodeJS.Signals): void {
    try {
      process.kill(-(this.#child.pid ?? 0), signal);
    } catch {
      // The group is gone already.
    }
  }
}
