import { CorruptMessage } from '../openpgp/bytes.ts';

/**
 * A compressed dump is a row of zstd frames, which `zstd -d` reads as one file. Before each stands a skippable frame of ours, which
 * says how long the next one is: so blocks are compressed and decompressed side by side, and what cannot be compressed is copied.
 *
 * | octets | what                                      |
 * | ------ | ----------------------------------------- |
 * | 4      | magic number of a skippable frame         |
 * | 4      | 5, the length of what follows             |
 * | 1      | kind of the next frame                    |
 * | 4      | length of the next frame                  |
 *
 * All numbers are little-endian.
 */
export const blockHeaderLength = 13;

/** The file name in the literal packet of such a message. Both it and the first header tell: neither alone is a sign. */
export const compressedName = 'backstay-1.zst';

/** Plain bytes in a block, at most. */
export const blockSize = 1024 * 1024;

/** What cannot be compressed is hardly longer in its frame. */
export const longestFrame = 2 * blockSize;

const skippable = 0x184d2a5b;
const kinds = ['stored', 'compressed'] as const;

export interface BlockHeader {
  /** Stored: nothing but raw blocks in it. */
  readonly kind: (typeof kinds)[number];
  /** Octets of the frame that follows. */
  readonly length: number;
}

export const encodeBlockHeader = ({ kind, length }: BlockHeader): Buffer => {
  const header = Buffer.alloc(blockHeaderLength);
  header.writeUInt32LE(skippable, 0);
  header.writeUInt32LE(5, 4);
  header.writeUInt8(kinds.indexOf(kind), 8);
  header.writeUInt32LE(length, 9);
  return header;
};

/** Undefined when the octets are no such header. */
export const decodeBlockHeader = (octets: Buffer): BlockHeader | undefined => {
  if (octets.length < blockHeaderLength || octets.readUInt32LE(0) !== skippable) return undefined;
  const kind = kinds[octets.readUInt8(8)];
  const length = octets.readUInt32LE(9);
  return octets.readUInt32LE(4) === 5 && kind !== undefined && length <= longestFrame ? { kind, length } : undefined;
};

/** Magic number, "one segment, content size in four octets", content size. */
export const storedFrameStart = (contentSize: number): Buffer => {
  const start = Buffer.alloc(9);
  start.writeUInt32LE(0xfd2fb528, 0);
  start.writeUInt8(0xa0, 4);
  start.writeUInt32LE(contentSize, 5);
  return start;
};

/** Of a frame, by RFC 8878. */
export const longestRawBlock = 128 * 1024;

export const rawBlockStart = (length: number, last: boolean): Buffer => {
  const start = Buffer.alloc(3);
  start.writeUIntLE((length << 3) | (last ? 1 : 0), 0, 3);
  return start;
};

/** Length of a raw block; undefined for other kinds of blocks. */
export const rawBlockLength = (start: Buffer): number | undefined => {
  const field = start.readUIntLE(0, 3);
  return ((field >> 1) & 3) === 0 ? field >> 3 : undefined;
};

export const damaged = (why: string): CorruptMessage => new CorruptMessage(`the compressed dump is damaged: ${why}`);
