import { execFile } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Pipe {
  /** For the child; to be closed here once it has it. */
  readonly end: number;
  readonly output: Socket;
}

/** Of eight containers. */
const atOnce = 16;

const run = promisify(execFile);

const openBoth = (path: string): Pipe => {
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const end = openSync(path, constants.O_WRONLY);
    return { end, output: new Socket({ fd: read, readable: true, writable: false }) };
  } catch (error) {
    closeSync(read);
    throw error;
  }
};

/**
 * Real pipes: Node gives children sockets, which cannot be opened again as /dev/stdout and /dev/stderr. Only another program can
 * make one, and starting a program stops this one for milliseconds; so one makes several.
 */
export class PipeStock {
  readonly #folder: string;
  #paths: string[] = [];
  #making: Promise<void> | undefined;

  /** The folder is the stock's alone. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async take(): Promise<Pipe> {
    let path = this.#paths.pop();
    while (path === undefined) {
      this.#making ??= this.#make().finally(() => {
        this.#making = undefined;
      });
      await this.#making;
      path = this.#paths.pop();
    }
    try {
      const pipe = openBoth(path);
      rmSync(path, { force: true });
      return pipe;
    } catch (error) {
      // Somebody may have cleared the folder: the next one gets new ones.
      this.#paths = [];
      throw error;
    }
  }

  close(): void {
    this.#paths = [];
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #make(): Promise<void> {
    // A program that was killed has left its pipes behind.
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const paths = Array.from({ length: atOnce }, (_, index) => join(this.#folder, String(index)));
    await run('mkfifo', ['-m', '600', ...paths]);
    this.#paths = paths;
  }
}
