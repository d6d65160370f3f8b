import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Failure } from '../failure.ts';
import { giveBack } from '../openpgp/lent-memory.ts';
import type { Operation } from '../operation.ts';
import { Drain } from './drain.ts';
import type { ShellCommand } from './shell-command.ts';

/** After a command stopped reading it may take this long to say why. */
const lastWordsMilliseconds = 5000;

/** Feeds a command. Its input is closed properly by `end` only. */
export class LoaderInput {
  readonly #command: ShellCommand;
  readonly #operation: Operation;
  readonly #stdin: Writable;
  readonly #drain: Drain;

  constructor(command: ShellCommand, operation: Operation) {
    this.#command = command;
    this.#operation = operation;
    this.#stdin = command.stdin;
    this.#drain = new Drain(this.#stdin);
    const close = (): void => this.#drain.end();
    this.#stdin.once('error', close).once('close', close);
    command.exited.then(close, close);
  }

  async write(piece: Buffer): Promise<void> {
    if (!this.#drain.over && !this.#stdin.write(piece, () => giveBack(piece))) {
      this.#operation.touch('load');
      await this.#operation.guard(this.#drain.wait());
    }
    if (this.#drain.over) await this.#stoppedReading();
  }

  /** A clean end of input; resolves when the command took everything and exited with 0. */
  async end(): Promise<void> {
    this.#operation.touch('load');
    const delivered = finished(this.#stdin).then(
      () => true,
      () => false,
    );
    this.#stdin.end();
    if (!(await this.#operation.guard(delivered))) await this.#stoppedReading();
    await this.#operation.guard(this.#command.succeeded());
  }

  async #stoppedReading(): Promise<never> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, lastWordsMilliseconds);
    });
    try {
      await this.#operation.guard(Promise.race([this.#command.succeeded(), patience]));
    } finally {
      clearTimeout(timer);
    }
    throw new Failure('loadFailed', 'the command stopped reading before it had the whole backup', { stage: 'load' });
  }
}
