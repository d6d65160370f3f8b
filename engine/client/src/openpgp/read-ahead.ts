import type { Bytes } from './bytes.ts';

type Ahead = { readonly piece: Buffer } | { readonly error: unknown } | { readonly over: true };

class AheadReader {
  readonly #pieces: AsyncIterator<Buffer>;
  readonly #limit: number;
  readonly #ready: Ahead[] = [];
  #bytes = 0;
  #pulling = false;
  #over = false;
  #wake: () => void = () => undefined;

  constructor(source: Bytes, limit: number) {
    this.#pieces = source[Symbol.asyncIterator]();
    this.#limit = limit;
  }

  async next(): Promise<Ahead> {
    for (;;) {
      const first = this.#ready.shift();
      if (first && 'piece' in first) this.#bytes -= first.piece.length;
      void this.#pull();
      if (first) return first;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    this.#over = true;
    const returned = this.#pieces.return?.();
    // A source that still waits for its next piece cannot return before it came.
    if (this.#pulling) returned?.catch(() => undefined);
    else await returned;
  }

  /** Never rejects. */
  async #pull(): Promise<void> {
    if (this.#pulling) return;
    this.#pulling = true;
    while (!this.#over && this.#bytes < this.#limit) this.#add(await this.#one());
    this.#pulling = false;
  }

  async #one(): Promise<Ahead> {
    try {
      const next = await this.#pieces.next();
      return next.done ? { over: true } : { piece: next.value };
    } catch (error) {
      return { error };
    }
  }

  #add(one: Ahead): void {
    this.#ready.push(one);
    if ('piece' in one) this.#bytes += one.piece.length;
    else this.#over = true;
    this.#wake();
  }
}

/**
 * Goes on reading a source while its consumer is busy, until at least `limit` bytes wait. What was read before an error comes before
 * the error. A consumer that stops early ends the source.
 */
export async function* readAhead(source: Bytes, limit: number): AsyncGenerator<Buffer> {
  const reader = new AheadReader(source, limit);
  try {
    for (;;) {
      const next = await reader.next();
      if ('error' in next) throw next.error;
      if ('over' in next) return;
      yield next.piece;
    }
  } finally {
    await reader.close();
  }
}
