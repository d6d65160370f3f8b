import { lend } from '../openpgp/lent-memory.ts';

/** Memory in which several results lie. It goes when no more come and all of them were used up. */
class ResultMemory {
  readonly of: ArrayBuffer;
  #users = 1;

  constructor(memory: ArrayBuffer) {
    this.of = memory;
  }

  lendPart(part: Buffer): Buffer {
    this.#users += 1;
    return lend(part, () => this.release());
  }

  release(): void {
    this.#users -= 1;
    // Older versions of Node leave it to the garbage collector.
    if (this.#users === 0 && 'transfer' in this.of) this.of.transfer(0);
  }
}

/** Lends what a stream of zlib gives, which fills one piece of memory after the other. */
export class ResultMemories {
  #current: ResultMemory | undefined;

  lend(part: Buffer): Buffer {
    const { buffer } = part;
    if (!(buffer instanceof ArrayBuffer)) return part;
    if (this.#current?.of !== buffer) {
      this.#current?.release();
      this.#current = new ResultMemory(buffer);
    }
    return this.#current.lendPart(part);
  }
}
