import type { Transform } from 'node:stream';
import { Drain } from '../process/drain.ts';
import type { Bytes } from './bytes.ts';

class Feeder {
  readonly #transform: Transform;
  readonly #drain: Drain;
  #cancelled = false;

  constructor(transform: Transform) {
    this.#transform = transform;
    this.#drain = new Drain(transform);
    const finish = (): void => this.#drain.end();
    transform.once('end', finish).once('close', finish);
  }

  cancel(): void {
    this.#cancelled = true;
    this.#transform.destroy();
  }

  async feed(source: Bytes): Promise<void> {
    try {
      for await (const piece of source) {
        if (this.#cancelled) return;
        if (!this.#drain.over) await this.#write(piece);
      }
      this.#transform.end();
    } catch (error) {
      this.#transform.destroy(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  async #write(piece: Buffer): Promise<void> {
    if (!this.#transform.write(piece)) await this.#drain.wait();
  }
}

/**
 * Sends a stream through a zlib transform. The source is read to its end also when the compressed data ends before: it may
 * verify something at its end, and that must not be missed.
 */
export async function* throughZlib(source: Bytes, transform: Transform): AsyncGenerator<Buffer> {
  const feeder = new Feeder(transform);
  const feeding = feeder.feed(source);
  feeding.catch(() => undefined);
  let whole = false;
  try {
    for await (const piece of transform) yield piece as Buffer;
    whole = true;
    await feeding;
  } finally {
    if (!whole) feeder.cancel();
  }
}
