import zlib from 'node:zlib';
import { CorruptMessage } from '../openpgp/bytes.ts';
import { blockSize, damaged } from './block-format.ts';
import { ResultMemories } from './result-memory.ts';
import { ZstdMissing } from './zstd.ts';

const { createZstdDecompress } = zlib as Partial<typeof zlib>;
const { ZSTD_d_windowLogMax } = zlib.constants;
/** No frame of ours looks back further than its block is long. */
const blockPower = Math.log2(blockSize);

const asDamage = (error: Error): CorruptMessage => (error instanceof CorruptMessage ? error : damaged(String(error)));

const frameMagic = 0xfd2fb528;

/** Octets of the content size and what is added to it, by the flag of RFC 8878, section 3.1.1.1.1. */
const sizeFields = [
  { octets: 1, base: 0 },
  { octets: 2, base: 256 },
  { octets: 4, base: 0 },
] as const;

/** Of a frame of one block, which says how long its content is; undefined for any other. */
export const contentLength = (frame: Buffer): number | undefined => {
  if (frame.length < 6 || frame.readUInt32LE(0) !== frameMagic) return undefined;
  const descriptor = frame.readUInt8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const flag = descriptor >> 6;
  const field = sizeFields[flag];
  const hasDictionary = (descriptor & 3) !== 0;
  if (hasDictionary || field === undefined || (flag === 0 && !isSingleSegment)) return undefined;
  const at = isSingleSegment ? 5 : 6;
  if (frame.length < at + field.octets) return undefined;
  const length = field.base + frame.readUIntLE(at, field.octets);
  return length <= blockSize ? length : undefined;
};

/**
 * Decompresses frames, one at a time, in a thread of the pool. One context serves all of them: a new one for each frame makes Node.js
 * collect garbage all the time. Throws ZstdMissing where there is no zstd. After it rejected it can do nothing more.
 */
export class FrameDecoder {
  readonly #stream;
  readonly #memories = new ResultMemories();
  #parts: Buffer[] = [];
  #missing = 0;
  #refuse: (error: Error) => void = () => undefined;

  constructor() {
    if (!createZstdDecompress) throw new ZstdMissing();
    this.#stream = createZstdDecompress({ chunkSize: blockSize, params: { [ZSTD_d_windowLogMax]: blockPower } });
    this.#stream.on('data', (part: Buffer) => this.#take(part));
    // It ends by itself when something follows the frame.
    this.#stream.on('end', () => this.#refuse(damaged('a frame is shorter than its block')));
    this.#stream.on('error', (error) => this.#refuse(asDamage(error)));
  }

  /** The content in pieces, which lie in lent memory. The frame must stay as it is until then; rejects with `CorruptMessage`. */
  async decode(frame: Buffer): Promise<Buffer[]> {
    const length = contentLength(frame);
    if (length === undefined) throw damaged('a frame does not begin as it should');
    this.#parts = [];
    this.#missing = length;
    await new Promise<void>((resolve, reject) => {
      this.#refuse = reject;
      this.#stream.write(frame, (error) => (error ? reject(asDamage(error)) : resolve()));
    });
    if (this.#missing !== 0) throw damaged('a frame is not as long as it says');
    return this.#parts;
  }

  /** Gives its native memory back; what is decompressed meanwhile never comes. */
  close(): void {
    this.#stream.destroy();
  }

  #take(part: Buffer): void {
    this.#missing -= part.length;
    this.#parts.push(this.#memories.lend(part));
    // However much a few bytes may stand for, no more of it is made.
    if (this.#missing < 0) this.#stream.destroy(damaged('a frame is longer than it says'));
  }
}
