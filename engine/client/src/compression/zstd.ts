import zlib from 'node:zlib';

const { zstdCompressSync } = zlib as Partial<typeof zlib>;

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

/** Of a few kilobytes, at once. */
export const compressedLength = (sample: Buffer): number => need(zstdCompressSync)(sample, options).length;
