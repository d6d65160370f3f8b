import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { lend } from '../openpgp/lent-memory.ts';

const { zstdCompressSync, zstdDecompress } = zlib as Partial<typeof zlib>;

/** Versions of Node before 22.15 are without it. */
export const hasZstd: boolean = zstdCompressSync !== undefined;

export class ZstdMissing extends Error {
  constructor() {
    super(`Node.js ${process.versions.node} has no zstd: take 22.15 or newer`);
    this.name = 'ZstdMissing';
  }
}

const need = <T>(part: T | undefined): T => {
  if (part === undefined) throw new ZstdMissing();
  return part;
};

/** The fastest of its levels that still finds what repeats in a dump. */
const options = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } };

/**
 * More than the result, of a dump that is worth compressing: so it comes in one piece, with memory of its own, which can be given back.
 * What is longer is put together from several.
 */
const spare = 64 * 1024;

const lendResult = (result: Buffer): Buffer => {
  const { buffer } = result;
  // Node puts small buffers side by side into memory of this size: it is not ours alone.
  const isShared = buffer.byteLength <= Buffer.poolSize;
  if (isShared || !(buffer instanceof ArrayBuffer) || !('transfer' in buffer)) return result;
  return lend(result, () => buffer.transfer(0));
};

/** Of a few kilobytes, at once. */
export const compressedLength = (sample: Buffer): number => need(zstdCompressSync)(sample, options).length;

/** In a thread of the pool; rejects when the frame is damaged or holds more than `limit` bytes. */
export const decompressFrame = async (frame: Buffer, limit: number): Promise<Buffer> => {
  const options = { chunkSize: limit + spare, maxOutputLength: limit };
  return lendResult(await promisify<Buffer, zlib.ZstdOptions, Buffer>(need(zstdDecompress))(frame, options));
};
