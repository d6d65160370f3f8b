import type { EventEmitter } from 'node:events';

/**
 * Waits for room in a stream that was told to wait. Not by a race against one promise that lasts as long as the stream: each
 * race leaves a reaction in it, and memory would grow with the size of a backup.
 */
export class Drain {
  readonly #stream: EventEmitter;
  #over = false;
  #wake: () => void = () => undefined;

  constructor(stream: EventEmitter) {
    this.#stream = stream;
  }

  /** Nothing will be taken any more. */
  get over(): boolean {
    return this.#over;
  }

  /** Ends every wait, also those to come. Idempotent. */
  end(): void {
    this.#over = true;
    this.#wake();
  }

  /** Resolves when the stream has room again, or at the end. One at a time. */
  async wait(): Promise<void> {
    if (this.#over) return;
    let drained = (): void => undefined;
    await new Promise<void>((resolve) => {
      drained = resolve;
      this.#wake = resolve;
      this.#stream.once('drain', drained);
    });
    this.#stream.off('drain', drained);
  }
}
