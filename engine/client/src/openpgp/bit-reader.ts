import { CorruptMessage } from './bytes.ts';

/** Bits, highest first. */
export class BitReader {
  readonly #bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.position = position;
  }

  /** At most 32. */
  read(count: number): number {
    let value = 0;
    for (let missing = count; missing > 0; ) {
      const byte = this.#bytes[this.position >> 3];
      if (byte === undefined) throw new CorruptMessage('the bzip2 data is cut off');
      const there = 8 - (this.position & 7);
      const taken = Math.min(there, missing);
      value = (value << taken) | ((byte >> (there - taken)) & ((1 << taken) - 1));
      this.position += taken;
      missing -= taken;
    }
    return value;
  }
}
