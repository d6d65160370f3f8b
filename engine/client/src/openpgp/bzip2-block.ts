import type { BitReader } from './bit-reader.ts';
import { CorruptMessage } from './bytes.ts';
import { HuffmanTable, longestCode } from './bzip2-huffman.ts';

export const bzip2End = 'end';

const corrupt = (what: string): CorruptMessage => new CorruptMessage(`the bzip2 data is damaged: ${what}`);

const makeCrcTable = (): Int32Array => {
  const table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte << 24;
    for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0);
    table[byte] = value;
  }
  return table;
};

const groupLength = 50;
const runA = 0;
const runB = 1;
const outputLength = 64 * 1024;

/** One block of a bzip2 stream after the other, in the same memory. */
export class Bzip2Block {
  readonly #crcTable = makeCrcTable();
  readonly #limit: number;
  /** Symbols of the block; later the way through them in the upper 24 bits. */
  readonly #transform: Uint32Array;
  #length = 0;
  #origin = 0;
  /** Of the plain bytes, as the block says. */
  checksum = 0;

  constructor(level: number) {
    this.#limit = level * 100_000;
    this.#transform = new Uint32Array(this.#limit);
  }

  read(bits: BitReader): typeof bzip2End | 'block' {
    const magic = [bits.read(24), bits.read(24)].join();
    if (magic === [0x177245, 0x385090].join()) return bzip2End;
    if (magic !== [0x314159, 0x265359].join()) throw corrupt('a block does not begin as it should');
    this.checksum = bits.read(32);
    if (bits.read(1) !== 0) throw corrupt('its blocks are randomised, as no program has done since 1997');
    this.#origin = bits.read(24);
    this.#readSymbols(bits);
    if (this.#origin >= this.#length) throw corrupt('a block points outside of itself');
    this.#invertTransform();
    return 'block';
  }

  #readSymbols(bits: BitReader): void {
    const used = readUsedBytes(bits);
    const groups = bits.read(3);
    const selectors = readSelectors(bits, groups);
    const tables = Array.from({ length: groups }, () => new HuffmanTable(readLengths(bits, used.length + 2)));
    const endOfBlock = used.length + 1;
    const symbols = function* (): Generator<number> {
      for (const selector of selectors) {
        const table = tables[selector];
        if (!table) throw corrupt('a block names a table that it does not have');
        for (let count = 0; count < groupLength; count++) yield table.next(bits);
      }
      throw corrupt('a block has no end');
    };
    this.#moveToFront(symbols(), used, endOfBlock);
  }

  #moveToFront(symbols: Iterable<number>, order: Uint8Array, endOfBlock: number): void {
    this.#length = 0;
    let run = 0;
    let weight = 1;
    for (const symbol of symbols) {
      if (symbol === runA || symbol === runB) {
        run += weight << symbol;
        weight <<= 1;
        if (run > this.#limit) throw corrupt('a block is longer than it may be');
        continue;
      }
      this.#append(order[0] ?? 0, run);
      run = 0;
      weight = 1;
      if (symbol === endOfBlock) return;
      const byte = order[symbol - 1] ?? 0;
      order.copyWithin(1, 0, symbol - 1);
      order[0] = byte;
      this.#append(byte, 1);
    }
  }

  #append(byte: number, times: number): void {
    if (this.#length + times > this.#limit) throw corrupt('a block is longer than it may be');
    this.#transform.fill(byte, this.#length, this.#length + times);
    this.#length += times;
  }

  /** Burrows and Wheeler: afterwards each entry has its byte below and the index of the next entry above. */
  #invertTransform(): void {
    const transform = this.#transform;
    const starts = new Uint32Array(257);
    for (let at = 0; at < this.#length; at++) {
      const byte = (transform[at] ?? 0) & 0xff;
      starts[byte + 1] = (starts[byte + 1] ?? 0) + 1;
    }
    for (let byte = 0; byte < 256; byte++) starts[byte + 1] = (starts[byte + 1] ?? 0) + (starts[byte] ?? 0);
    for (let at = 0; at < this.#length; at++) {
      const byte = (transform[at] ?? 0) & 0xff;
      const target = starts[byte] ?? 0;
      starts[byte] = target + 1;
      transform[target] = ((transform[target] ?? 0) & 0xff) | (at << 8);
    }
  }

  /** The plain bytes. Throws at the end when the checksum is wrong. */
  *output(): Generator<Buffer> {
    let piece = Buffer.allocUnsafe(outputLength);
    let filled = 0;
    let crc = -1;
    for (const { byte, times } of this.#runs()) {
      for (let left = times; left > 0; left--) {
        if (filled === outputLength) {
          yield piece;
          piece = Buffer.allocUnsafe(outputLength);
          filled = 0;
        }
        piece[filled++] = byte;
        crc = (crc << 8) ^ (this.#crcTable[(crc >>> 24) ^ byte] ?? 0);
      }
    }
    if (~crc !== this.checksum) throw corrupt('a checksum is wrong');
    yield piece.subarray(0, filled);
  }

  /** Four equal bytes are followed by how many more of them there are. What it yields is good until the next one. */
  *#runs(): Generator<{ byte: number; times: number }> {
    const transform = this.#transform;
    const run = { byte: -1, times: 1 };
    let next = (transform[this.#origin] ?? 0) >>> 8;
    let equal = 0;
    for (let count = 0; count < this.#length; count++) {
      const entry = transform[next] ?? 0;
      const byte = entry & 0xff;
      next = entry >>> 8;
      if (equal === 4) {
        run.times = byte;
        yield run;
        equal = 0;
        continue;
      }
      equal = equal > 0 && byte === run.byte ? equal + 1 : 1;
      run.byte = byte;
      run.times = 1;
      yield run;
    }
  }
}

const readUsedBytes = (bits: BitReader): Uint8Array => {
  const groups = bits.read(16);
  const used: number[] = [];
  for (let group = 0; group < 16; group++) {
    if ((groups & (0x8000 >> group)) === 0) continue;
    const members = bits.read(16);
    for (let member = 0; member < 16; member++) {
      if ((members & (0x8000 >> member)) !== 0) used.push(group * 16 + member);
    }
  }
  if (used.length === 0) throw corrupt('a block uses no byte');
  return Uint8Array.from(used);
};

const readSelectors = (bits: BitReader, groups: number): Uint8Array => {
  if (groups < 2 || groups > 6) throw corrupt('a block has a wrong number of tables');
  const selectors = new Uint8Array(bits.read(15));
  const order = [0, 1, 2, 3, 4, 5];
  for (let index = 0; index < selectors.length; index++) {
    let place = 0;
    while (bits.read(1) === 1) place++;
    if (place >= groups) throw corrupt('a block names a table that it does not have');
    const [selector = 0] = order.splice(place, 1);
    order.unshift(selector);
    selectors[index] = selector;
  }
  return selectors;
};

const readLengths = (bits: BitReader, symbols: number): Uint8Array => {
  const lengths = new Uint8Array(symbols);
  let length = bits.read(5);
  for (let symbol = 0; symbol < symbols; symbol++) {
    while (bits.read(1) === 1) length += bits.read(1) === 0 ? 1 : -1;
    if (length < 1 || length > longestCode) throw corrupt('a code has a wrong length');
    lengths[symbol] = length;
  }
  return lengths;
};
