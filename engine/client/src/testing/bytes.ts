import type { Bytes } from '../openpgp/bytes.ts';

export const collect = async (source: Bytes): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
};

export async function* inPieces(data: Buffer, size = 65_536): AsyncGenerator<Buffer> {
  for (let from = 0; from < data.length; from += size) yield await Promise.resolve(data.subarray(from, from + size));
}
