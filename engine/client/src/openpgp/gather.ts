import type { Readable } from 'node:stream';
import { giveBack, lendWhole } from './lent-memory.ts';
import { SlotPool } from './slot-pool.ts';

const slotSize = 1024 * 1024;
/** Less than this gets memory of its own: a slot for each of many small pieces would be much. */
const worthSlot = slotSize / 4;
/** Full ones that wait; while there is one, nothing is read. */
const mostFull = 1;

class Gatherer {
  readonly #source: Readable;
  readonly #pool = new SlotPool(slotSize);
  readonly #full: Buffer[] = [];
  #slot: Buffer = this.#pool.take();
  #filled = 0;
  #over = false;
  #error: Error | undefined;
  #wake: () => void = () => undefined;
  #awakening = false;

  constructor(source: Readable) {
    this.#source = source;
    source.once('end', () => this.#finish());
    source.on('error', (error) => this.#finish(error));
    source.once('close', () => this.#finish(new Error('the stream was closed before its end')));
    source.on('data', (chunk: Buffer) => this.#add(chunk));
    // While such a listener is there, nothing flows.
    source.removeAllListeners('readable');
    if (source.readableEnded) this.#finish();
    else if (source.destroyed) this.#finish(source.errored ?? new Error('the stream was closed before its end'));
  }

  /** What there is, as soon as there is something; undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    while (this.#full.length === 0 && this.#filled === 0) {
      if (this.#error) throw this.#error;
      if (this.#over) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const piece = this.#full.shift() ?? this.#cut();
    if (this.#full.length < mostFull) this.#source.resume();
    return piece;
  }

  #add(chunk: Buffer): void {
    for (let from = 0; from < chunk.length; ) {
      const count = chunk.copy(this.#slot, this.#filled, from);
      this.#filled += count;
      from += count;
      if (this.#filled === slotSize) this.#full.push(this.#cut());
    }
    giveBack(lendWhole(chunk));
    // Again and again, because the end of a child process makes its output flow.
    if (this.#full.length >= mostFull) this.#source.pause();
    this.#wakeSoon();
  }

  #cut(): Buffer {
    const part = this.#slot.subarray(0, this.#filled);
    this.#filled = 0;
    if (part.length < worthSlot) return lendWhole(Buffer.from(part));
    const lent = this.#pool.lendPart(this.#slot, part);
    this.#slot = this.#pool.take();
    return lent;
  }

  /** After everything that the kernel has for this turn: fewer, larger pieces cost much less. */
  #wakeSoon(): void {
    if (this.#awakening) return;
    this.#awakening = true;
    setImmediate(() => {
      this.#awakening = false;
      this.#wake();
    });
  }

  #finish(error?: Error): void {
    if (!this.#over) this.#error = error;
    this.#over = true;
    this.#wake();
  }
}

/**
 * Reads a stream in pieces as large as they come, up to 1 MiB, ahead of the consumer by not more than 2 MiB. It waits for nothing but
 * the first byte of a piece. What was read before an error comes before the error. A consumer that stops early destroys the stream.
 */
export async function* gather(source: Readable): AsyncGenerator<Buffer> {
  const gatherer = new Gatherer(source);
  try {
    for (;;) {
      const piece = await gatherer.next();
      if (piece === undefined) return;
      yield piece;
    }
  } finally {
    source.destroy();
  }
}
