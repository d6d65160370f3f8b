import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { Shell } from './shell.ts';

export interface GuardedGroup {
  readonly shell: Shell;
  readonly processGroup: number;
  /** Held open by the guard too, so that its reader sees no end of it when the client is gone. */
  readonly input: Writable | undefined;
}

const script = 'IFS= read -r verdict <&3; [ "$verdict" = over ] || kill -KILL -- "-$1"';

/**
 * A tiny process beside the client. When the client is killed with SIGKILL, or dies in any other way that it cannot see coming,
 * the guard kills the command's group, and only after that the command's input is closed: a loader never takes the death of the
 * client for the end of the backup.
 */
export class ProcessGuard {
  readonly #child: ChildProcess;

  constructor({ shell, processGroup, input }: GuardedGroup) {
    this.#child = spawn(shell.path, [...shell.options, '-c', script, 'backup-maker-guard', String(processGroup)], {
      detached: true,
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', input ?? 'ignore'],
    });
    this.#child.on('error', () => undefined);
    this.#control?.on('error', () => undefined);
  }

  /** False when the guard could not be started. */
  get running(): boolean {
    return this.#child.pid !== undefined;
  }

  /** The command is gone, or its input was closed as it should be: the guard leaves. */
  release(): void {
    this.#control?.end('over\n');
    this.#child.unref();
  }

  get #control(): Writable | undefined {
    return this.#child.stdio[3] as Writable | undefined;
  }
}
