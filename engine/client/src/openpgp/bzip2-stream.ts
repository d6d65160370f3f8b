import { BitReader } from './bit-reader.ts';
import { type Bytes, CorruptMessage, emptyBuffer } from './bytes.ts';
import { Bzip2Block, bzip2End } from './bzip2-block.ts';

/** A block of 900,000 symbols of at most 20 bits, with its tables, is shorter than this. */
const longestBlock = 2_500_000;

/** Where one block begins is known only after the one before it: so a whole block must be at hand before it is decoded. */
class Window {
  readonly #source: AsyncIterator<Buffer>;
  #bytes: Buffer = emptyBuffer;

  constructor(source: Bytes) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async bits(skipped: number, position: number): Promise<BitReader> {
    const parts = [this.#bytes.subarray(skipped)];
    let length = this.#bytes.length - skipped;
    while (length < longestBlock) {
      const next = await this.#source.next();
      if (next.done) break;
      parts.push(next.value);
      length += next.value.length;
    }
    this.#bytes = parts.length === 1 ? (parts[0] ?? emptyBuffer) : Buffer.concat(parts);
    return new BitReader(this.#bytes, position);
  }

  /** To the end, because the source may verify something there. */
  async drain(): Promise<void> {
    while (!(await this.#source.next()).done);
  }
}

const readLevel = (bits: BitReader): number => {
  const level = bits.read(24) === 0x425a68 ? bits.read(8) - 0x30 : 0;
  if (level < 1 || level > 9) throw new CorruptMessage('the bzip2 data does not begin as it should');
  return level;
};

/** Decompresses bzip2, which GnuPG writes when it is asked to, and verifies its checksums. */
export async function* throughBzip2(source: Bytes): AsyncGenerator<Buffer> {
  const window = new Window(source);
  let bits = await window.bits(0, 0);
  const block = new Bzip2Block(readLevel(bits));
  let checksum = 0;
  while (block.read(bits) !== bzip2End) {
    checksum = ((checksum << 1) | (checksum >>> 31)) ^ block.checksum;
    yield* block.output();
    bits = await window.bits(bits.position >> 3, bits.position & 7);
  }
  if ((checksum ^ bits.read(32)) !== 0) throw new CorruptMessage('the checksum of the bzip2 data is wrong');
  await window.drain();
}
