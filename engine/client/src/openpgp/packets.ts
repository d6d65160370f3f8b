import { ByteReader, type Bytes, CorruptMessage, PieceQueue } from './bytes.ts';

/** Packet tags of RFC 4880, section 4.3 (20 is the one of LibrePGP). */
export const tags = {
  publicKeySession: 1,
  signature: 2,
  symmetricKeySession: 3,
  onePassSignature: 4,
  compressed: 8,
  encrypted: 9,
  marker: 10,
  literal: 11,
  encryptedWithIntegrity: 18,
  modificationDetection: 19,
  aeadEncrypted: 20,
  padding: 21,
} as const;

export interface Packet {
  readonly tag: number;
  /** Must be read to its end before the next packet is asked for. */
  readonly body: AsyncGenerator<Buffer>;
}

export const tagByte = (tag: number): number => 0xc0 | tag;

/** Length octets of the new format. */
export const encodeLength = (length: number): Buffer => {
  if (length < 192) return Buffer.from([length]);
  if (length < 8384) return Buffer.from([192 + ((length - 192) >> 8), (length - 192) & 0xff]);
  const octets = Buffer.alloc(5, 0xff);
  octets.writeUInt32BE(length, 1);
  return octets;
};

/** Length octet of a part of 2^power bytes that more parts follow. */
export const partialLength = (power: number): number => 0xe0 | power;

export const packet = (tag: number, body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([tagByte(tag)]), encodeLength(body.length), body]);

interface Length {
  readonly bytes: number;
  readonly partial: boolean;
}

const readLength = async (reader: ByteReader): Promise<Length> => {
  const [first = 0] = await reader.take(1);
  if (first < 192) return { bytes: first, partial: false };
  if (first < 224) {
    const [second = 0] = await reader.take(1);
    return { bytes: ((first - 192) << 8) + second + 192, partial: false };
  }
  if (first === 255) return { bytes: (await reader.take(4)).readUInt32BE(), partial: false };
  return { bytes: 2 ** (first & 31), partial: true };
};

async function* fixedBody(reader: ByteReader, length: number): AsyncGenerator<Buffer> {
  for (let missing = length; missing > 0; ) {
    const part = await reader.some(missing);
    if (!part) throw new CorruptMessage('the message is cut off');
    missing -= part.length;
    yield part;
  }
}

async function* partedBody(reader: ByteReader, first: Length): AsyncGenerator<Buffer> {
  let length = first;
  yield* fixedBody(reader, length.bytes);
  while (length.partial) {
    length = await readLength(reader);
    yield* fixedBody(reader, length.bytes);
  }
}

/** The next packet in old or new format; undefined at the end of the stream. */
export const nextPacket = async (reader: ByteReader): Promise<Packet | undefined> => {
  const first = await reader.byte();
  if (first < 0) return undefined;
  if ((first & 0x80) === 0) throw new CorruptMessage('the data is not an OpenPGP message');
  if ((first & 0x40) !== 0) return { tag: first & 0x3f, body: partedBody(reader, await readLength(reader)) };
  const tag = (first >> 2) & 0x0f;
  const lengthType = first & 3;
  if (lengthType === 3) return { tag, body: reader.rest() };
  const octets = 1 << lengthType;
  return { tag, body: fixedBody(reader, (await reader.take(octets)).readUIntBE(0, octets)) };
};

/** The whole body of a packet that is small by nature. */
export const smallBody = async (body: Bytes, limit = 65_536): Promise<Buffer> => {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > limit) throw new CorruptMessage('a packet of the message is far too long');
    parts.push(part);
  }
  return Buffer.concat(parts);
};

export const skip = async (body: Bytes): Promise<void> => {
  const reader = new ByteReader(body);
  while ((await reader.some()) !== undefined);
};

/**
 * Frames a stream of unknown length as the body of one packet, in parts of 2^power bytes (at least 512).
 * Pieces are passed on without copying.
 */
export async function* partedPacket(tag: number, source: Bytes, power: number): AsyncGenerator<Buffer> {
  const size = 2 ** power;
  const partOctet = Buffer.from([partialLength(power)]);
  const queue = new PieceQueue();
  yield Buffer.from([tagByte(tag)]);
  for await (const piece of source) {
    queue.push(piece);
    while (queue.length >= size) {
      yield partOctet;
      yield* queue.take(size);
    }
  }
  yield encodeLength(queue.length);
  yield* queue.take(queue.length);
}
