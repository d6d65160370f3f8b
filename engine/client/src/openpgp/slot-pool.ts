import { lend } from './lent-memory.ts';

/** Memory that goes around: it is filled, passed on, used up, and filled again. */
export class SlotPool {
  readonly #size: number;
  readonly #free: Buffer[] = [];

  /** @param size bytes of every slot */
  constructor(size: number) {
    this.#size = size;
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#size);
  }

  giveBack(slot: Buffer): void {
    this.#free.push(slot);
  }

  /** A part of a slot, which goes back into the pool when the part was used up. */
  lendPart(slot: Buffer, part: Buffer): Buffer {
    return lend(part, () => this.giveBack(slot));
  }
}
