import { createInflate, createInflateRaw } from 'node:zlib';
import type { PrivateKey } from 'openpgp';
import { blockHeaderLength, decodeBlockHeader } from '../compression/block-format.ts';
import { decompressBlocks } from '../compression/decompress-blocks.ts';
import { openAead } from './aead-decipher.ts';
import { openArmor } from './armor-reader.ts';
import { ByteReader, type Bytes, CorruptMessage, prepend } from './bytes.ts';
import { throughBzip2 } from './bzip2-stream.ts';
import { type SymmetricCipher, symmetricCipher } from './ciphers.ts';
import { openPacket } from './open-packet.ts';
import { type LiteralHeader, readLiteralHeader } from './origin.ts';
import { nextPacket, type Packet, packet, skip, smallBody, tags } from './packets.ts';
import { NoMatchingKey, type OpenedSession, openSession } from './session-key.ts';
import { throughZlib } from './zlib-stream.ts';

/** Compressed packets inside compressed packets: nobody writes more than one, and each may be a bomb. */
const deepestNesting = 2;

/** What the encrypted packet holds; each kind of packet proves in its own way, at the latest at its end, that it is whole. */
async function* opened({ tag, body }: Packet, session: OpenedSession): AsyncGenerator<Buffer> {
  const reader = new ByteReader(body);
  const version = await reader.byte();
  if (tag === tags.aeadEncrypted && version === 1) yield* openAead(reader, session, 'gnupg');
  else if (tag === tags.encryptedWithIntegrity && version === 2) yield* openAead(reader, session, 'standard');
  else if (tag === tags.encryptedWithIntegrity && version === 1) {
    yield* openPacket(reader.rest(), { cipher: cfbCipher(session), key: session.key });
  } else throw new CorruptMessage(`encrypted packets of version ${version} are not supported`);
}

const cfbCipher = ({ algorithm }: OpenedSession): SymmetricCipher => {
  const cipher = symmetricCipher(algorithm ?? '');
  if (!cipher) throw new CorruptMessage(`the message uses the cipher ${algorithm}, which is not supported`);
  return cipher;
};

async function* inflated(body: Bytes): AsyncGenerator<Buffer> {
  const reader = new ByteReader(body);
  const algorithm = await reader.byte();
  const options = { chunkSize: 65_536 };
  if (algorithm === 0) yield* reader.rest();
  else if (algorithm === 1) yield* throughZlib(reader.rest(), createInflateRaw(options));
  else if (algorithm === 2) yield* throughZlib(reader.rest(), createInflate(options));
  else if (algorithm === 3) yield* throughBzip2(reader.rest());
  else throw new CorruptMessage(`the message is compressed with algorithm ${algorithm}, which is not supported`);
}

/** Sees what the message says about itself before any of its data is given, and throws when that is not to be read. */
export type AcceptLiteral = (header: LiteralHeader) => void;

/** The file name says that the data is compressed by us, and the data must look so too: a name alone is not to be trusted. */
async function* literalData(body: Bytes, accept: AcceptLiteral): AsyncGenerator<Buffer> {
  const reader = new ByteReader(body);
  const [, nameLength = 0] = await reader.take(2);
  const header = readLiteralHeader(Buffer.from(await reader.take(nameLength)), Buffer.from(await reader.take(4)));
  accept(header);
  if (!header.compressed) return yield* reader.rest();
  const first = await beginning(reader, blockHeaderLength);
  const data = prepend(first, reader.rest());
  yield* decodeBlockHeader(first) ? decompressBlocks(data) : data;
}

/** So many bytes, or all that there are. */
const beginning = async (reader: ByteReader, length: number): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for (let missing = length; missing > 0; ) {
    const part = await reader.some(missing);
    if (!part) break;
    parts.push(part);
    missing -= part.length;
  }
  return Buffer.concat(parts);
};

const ignored: readonly number[] = [tags.signature, tags.onePassSignature, tags.marker, tags.padding];

/** The one literal packet of a message, however it is wrapped. Signatures are not verified: nobody is named to have signed. */
async function* content(packets: Bytes, accept: AcceptLiteral, depth = 0): AsyncGenerator<Buffer> {
  const reader = new ByteReader(packets);
  let found = false;
  for (let next = await nextPacket(reader); next; next = await nextPacket(reader)) {
    if (ignored.includes(next.tag)) {
      await skip(next.body);
      continue;
    }
    if (found) throw new CorruptMessage('the message holds more than one piece of data');
    found = true;
    if (next.tag === tags.literal) yield* literalData(next.body, accept);
    else if (next.tag === tags.compressed && depth < deepestNesting) {
      yield* content(inflated(next.body), accept, depth + 1);
    } else throw new CorruptMessage(`the message holds a packet of an unexpected kind (${next.tag})`);
  }
  if (!found) throw new CorruptMessage('the message holds no data');
}

const refusal = (tag: number | undefined): CorruptMessage => {
  if (tag === undefined) return new CorruptMessage('the message is cut off');
  if (tag === tags.encrypted) return new CorruptMessage('the message has no protection against changes');
  return new CorruptMessage(`the data is not an encrypted OpenPGP message (it begins with packet ${tag})`);
};

interface EncryptedPart {
  readonly sessionPackets: Buffer;
  readonly packet: Packet;
}

const readEncryptedPart = async (reader: ByteReader): Promise<EncryptedPart> => {
  const sessions: Buffer[] = [];
  for (let next = await nextPacket(reader); ; next = await nextPacket(reader)) {
    if (next?.tag === tags.publicKeySession) sessions.push(packet(next.tag, await smallBody(next.body)));
    else if (next && [tags.symmetricKeySession, tags.marker, tags.padding].some((tag) => tag === next?.tag)) {
      await skip(next.body);
    } else if (next?.tag === tags.encryptedWithIntegrity || next?.tag === tags.aeadEncrypted) {
      return { sessionPackets: Buffer.concat(sessions), packet: next };
    } else throw refusal(next?.tag);
    if (sessions.length > 256) throw new CorruptMessage('the message has too many recipients');
  }
};

/**
 * Plain data of an OpenPGP message, armoured or binary. It throws `CorruptMessage` or `NoMatchingKey`; whether the data is whole
 * is known only when the generator has ended, so put `holdBack` around it. The source is always read to its end.
 */
export async function* decryptMessage(
  source: Bytes,
  keys: readonly PrivateKey[],
  accept: AcceptLiteral = () => undefined,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(openArmor(source));
  try {
    const { sessionPackets, packet: encrypted } = await readEncryptedPart(reader);
    if (sessionPackets.length === 0) {
      throw new NoMatchingKey('the version is encrypted with a password, not for a key');
    }
    const session = await openSession(sessionPackets, keys);
    const plain = opened(encrypted, session);
    try {
      yield* content(plain, accept);
    } finally {
      // Also when what is inside is refused half-way: a thread that deciphers would keep the client from ending.
      await plain.return(undefined);
    }
    if ((await nextPacket(reader)) !== undefined) {
      throw new CorruptMessage('the message is followed by data that does not belong to it');
    }
  } finally {
    await reader.close();
  }
}
