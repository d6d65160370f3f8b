import { giveBack } from './lent-memory.ts';
import type { SlotPool } from './slot-pool.ts';

/** Copies a stream into slots. */
export class SlotFiller {
  readonly #pool: SlotPool;
  #slot: Buffer;
  #filled = 0;

  constructor(pool: SlotPool) {
    this.#pool = pool;
    this.#slot = pool.take();
  }

  /** The slots that became full. */
  *add(piece: Buffer): Generator<Buffer> {
    for (let from = 0; from < piece.length; ) {
      const count = piece.copy(this.#slot, this.#filled, from);
      this.#filled += count;
      from += count;
      if (this.#filled === this.#slot.length) {
        yield this.#slot;
        this.#slot = this.#pool.take();
        this.#filled = 0;
      }
    }
    giveBack(piece);
  }

  rest(): Buffer {
    return this.#slot.subarray(0, this.#filled);
  }
}
