import { giveBack, lendWhole, passOn } from './lent-memory.ts';

/**
 * A stream of pieces. A consumer that stops early calls `return`, so every source cleans up after itself. A piece belongs to
 * the consumer, who gives large ones back when it has used them up (`giveBack`).
 */
export type Bytes = AsyncIterable<Buffer>;

export const emptyBuffer: Buffer = Buffer.alloc(0);

/** The message is not what it should be; the text says what is wrong with it. */
export class CorruptMessage extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CorruptMessage';
  }
}

/** Pulls single bytes and fixed lengths out of a stream of pieces, holding one piece at a time. */
export class ByteReader {
  readonly #pieces: AsyncIterator<Buffer>;
  #piece: Buffer = emptyBuffer;
  #offset = 0;

  constructor(source: Bytes) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  /** Next byte, or -1 at the end. */
  async byte(): Promise<number> {
    if (!(await this.#fill())) return -1;
    return this.#piece[this.#offset++] ?? -1;
  }

  async take(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0; ) {
      const part = await this.some(missing);
      if (!part) throw new CorruptMessage('the message is cut off');
      parts.push(part);
      missing -= part.length;
    }
    return parts.length === 1 ? (parts[0] ?? emptyBuffer) : Buffer.concat(parts);
  }

  /** Like `take`, in lent memory of their own: what they came in is given back. */
  async copy(length: number): Promise<Buffer> {
    const whole = Buffer.allocUnsafeSlow(length);
    for (let at = 0; at < length; ) {
      const part = await this.some(length - at);
      if (!part) throw new CorruptMessage('the message is cut off');
      at += part.copy(whole, at);
      giveBack(part);
    }
    return lendWhole(whole);
  }

  /** What there is, at most `limit` bytes; undefined at the end. */
  async some(limit = Number.POSITIVE_INFINITY): Promise<Buffer | undefined> {
    if (!(await this.#fill())) return undefined;
    const end = Math.min(this.#piece.length, this.#offset + limit);
    const part = this.#piece.subarray(this.#offset, end);
    this.#offset = end;
    return end === this.#piece.length ? passOn(this.#piece, part) : part;
  }

  async *rest(): AsyncGenerator<Buffer> {
    for (let part = await this.some(); part; part = await this.some()) yield part;
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #fill(): Promise<boolean> {
    while (this.#offset >= this.#piece.length) {
      const next = await this.#pieces.next();
      if (next.done) return false;
      this.#piece = next.value;
      this.#offset = 0;
    }
    return true;
  }
}

/** Puts a piece back in front of a stream. */
export async function* prepend(first: Buffer, rest: Bytes): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  yield* rest;
}

/** Collects pieces and gives them back cut at any length, without copying. */
export class PieceQueue {
  #pieces: Buffer[] = [];
  length = 0;

  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.length += piece.length;
  }

  /** The first `length` bytes; `length` must not exceed what is there. */
  take(length: number): Buffer[] {
    const taken: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const piece = this.#pieces[0];
      if (!piece) break;
      if (piece.length <= missing) {
        taken.push(piece);
        this.#pieces.shift();
      } else {
        taken.push(piece.subarray(0, missing));
        this.#pieces[0] = passOn(piece, piece.subarray(missing));
      }
      missing -= Math.min(piece.length, missing);
    }
    this.length -= length;
    return taken;
  }
}
