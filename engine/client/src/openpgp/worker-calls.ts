import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { workerThreads } from '../built-in.ts';

interface Waiter<Done> {
  resolve(done: Done): void;
  reject(error: Error): void;
}

/** Work for a thread of its own, which answers each piece in the order in which they came. */
export class WorkerCalls<Work extends { readonly piece: Uint8Array }, Done> {
  readonly #worker: Worker;
  readonly #name: string;
  readonly #waiting: Waiter<Done>[] = [];
  #broken: Error | undefined;

  private constructor(worker: Worker, name: string) {
    this.#worker = worker;
    this.#name = name;
    worker.on('message', (done: Done) => this.#waiting.shift()?.resolve(done));
    worker.on('error', (error: Error) => this.#fail(error));
    worker.on('exit', () => this.#fail(new Error(`the ${name} thread ended`)));
  }

  /** Runs the text of a program in a thread; rejects where none can be had. */
  static async start<Work extends { readonly piece: Uint8Array }, Done>(
    name: string,
    { text, workerData }: { readonly text: string; readonly workerData: unknown },
  ): Promise<WorkerCalls<Work, Done>> {
    const worker = new workerThreads.Worker(text, { eval: true, workerData, env: {}, execArgv: [], argv: [] });
    await once(worker, 'online');
    return new WorkerCalls(worker, name);
  }

  /** The memory of the piece goes with it. */
  send(work: Work): Promise<Done> {
    return new Promise((resolve, reject) => {
      if (this.#broken) return reject(this.#broken);
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(work, [work.piece.buffer as ArrayBuffer]);
    });
  }

  async close(): Promise<void> {
    this.#broken ??= new Error(`the ${this.#name} thread was closed`);
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#broken ??= error;
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
  }
}
