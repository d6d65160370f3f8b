import zlib from 'node:zlib';

/** Versions of Node before 22.15 are without it. */
export const hasZstd: boolean = (zlib as Partial<typeof zlib>).createZstdCompress !== undefined;

export class ZstdMissing extends Error {
  constructor() {
    super(`Node.js ${process.versions.node} has no zstd: take 22.15 or newer`);
    this.name = 'ZstdMissing';
  }
}
