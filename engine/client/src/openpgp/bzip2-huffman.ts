import type { BitReader } from './bit-reader.ts';
import { CorruptMessage } from './bytes.ts';

export const longestCode = 20;

/** Canonical codes: of each length there is a first code and a first place in the list of symbols. */
export class HuffmanTable {
  readonly #symbols: Uint16Array;
  readonly #counts = new Uint16Array(longestCode + 1);

  constructor(lengths: Uint8Array) {
    const inOrder = Array.from(lengths.keys()).sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b);
    this.#symbols = Uint16Array.from(inOrder);
    for (const length of lengths) this.#counts[length] = (this.#counts[length] ?? 0) + 1;
  }

  next(bits: BitReader): number {
    let code = 0;
    let first = 0;
    let place = 0;
    for (let length = 1; length <= longestCode; length++) {
      code = (code << 1) | bits.read(1);
      const count = this.#counts[length] ?? 0;
      if (code - first < count) return this.#symbols[place + code - first] ?? 0;
      place += count;
      first = (first + count) << 1;
    }
    throw new CorruptMessage('the bzip2 data is damaged: it holds an unknown code');
  }
}
