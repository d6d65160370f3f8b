import { createDecipheriv, hkdfSync } from 'node:crypto';
import { type ByteReader, CorruptMessage, PieceQueue } from './bytes.ts';
import { tagByte, tags } from './packets.ts';
import type { OpenedSession } from './session-key.ts';

const tagLength = 16;
/** GnuPG writes 4 MiB. A chunk is in memory twice, because nothing of it is passed on before its tag is verified. */
const longestChunk = 2 ** 24;

const keyLengths: Readonly<Record<number, number>> = { 7: 16, 8: 24, 9: 32 };
/** Modes of node:crypto by their number in OpenPGP, with the length of their nonce. */
const modes: Readonly<Record<number, { readonly name: string; readonly nonceLength: number }>> = {
  2: { name: 'ocb', nonceLength: 15 },
  3: { name: 'gcm', nonceLength: 12 },
};

/** How the chunks of one message are enciphered; `index` counts them from 0. */
interface ChunkRules {
  readonly cipher: 'aes-128-ocb' | 'aes-256-ocb';
  readonly key: Buffer;
  readonly chunkSize: number;
  nonce(index: bigint): Buffer;
  /** Authenticated with a chunk; the last tag, which follows after it, covers `total` plain bytes. */
  associated(index: bigint, total?: bigint): Buffer;
}

const octets = (value: bigint): Buffer => {
  const eight = Buffer.alloc(8);
  eight.writeBigUInt64BE(value);
  return eight;
};

interface Head {
  readonly algorithms: Buffer;
  readonly keyLength: number;
  readonly chunkSize: number;
  readonly mode: { readonly name: string; readonly nonceLength: number };
  readonly cipher: ChunkRules['cipher'];
}

/** The octets after the version: cipher, mode, size of the chunks. */
const readHead = async (reader: ByteReader): Promise<Head> => {
  const algorithms = await reader.take(3);
  const [cipher = 0, modeNumber = 0, size = 0] = algorithms;
  const keyLength = keyLengths[cipher];
  const mode = modes[modeNumber];
  if (keyLength === undefined || !mode) {
    throw new CorruptMessage(`the message uses cipher ${cipher} in AEAD mode ${modeNumber}, which is not supported`);
  }
  const chunkSize = 2 ** (size + 6);
  if (chunkSize > longestChunk) throw new CorruptMessage('the message has AEAD chunks of more than 16 MiB');
  return { algorithms, keyLength, chunkSize, mode, cipher: `aes-${keyLength * 8}-${mode.name}` as Head['cipher'] };
};

const assertKeyLength = (key: Uint8Array, { keyLength }: Head): void => {
  if (key.length !== keyLength) throw new CorruptMessage('the session key does not fit the cipher of the message');
};

/** Packet 20 of GnuPG 2.3 and later. */
const gnupgRules = async (reader: ByteReader, { key }: OpenedSession): Promise<ChunkRules> => {
  const head = await readHead(reader);
  assertKeyLength(key, head);
  const start = await reader.take(head.mode.nonceLength);
  const fixed = Buffer.concat([Buffer.from([tagByte(tags.aeadEncrypted), 1]), head.algorithms]);
  return {
    ...head,
    key: Buffer.from(key),
    nonce: (index) => {
      const nonce = Buffer.from(start);
      const at = nonce.length - 8;
      nonce.writeBigUInt64BE(nonce.readBigUInt64BE(at) ^ index, at);
      return nonce;
    },
    associated: (index, total) =>
      Buffer.concat([fixed, octets(index), total === undefined ? Buffer.alloc(0) : octets(total)]),
  };
};

/** Packet 18 of version 2, RFC 9580. */
const standardRules = async (reader: ByteReader, { key }: OpenedSession): Promise<ChunkRules> => {
  const head = await readHead(reader);
  assertKeyLength(key, head);
  const salt = await reader.take(32);
  const fixed = Buffer.concat([Buffer.from([tagByte(tags.encryptedWithIntegrity), 2]), head.algorithms]);
  const derived = Buffer.from(hkdfSync('sha256', key, salt, fixed, head.keyLength + head.mode.nonceLength - 8));
  return {
    ...head,
    key: derived.subarray(0, head.keyLength),
    nonce: (index) => Buffer.concat([derived.subarray(head.keyLength), octets(index)]),
    associated: (_, total) => (total === undefined ? fixed : Buffer.concat([fixed, octets(total)])),
  };
};

interface Chunk {
  readonly pieces: readonly Buffer[];
  readonly tag: Buffer;
  readonly index: bigint;
  readonly total?: bigint;
}

/** The plain text of one chunk, when its tag is right. */
const openChunk = (rules: ChunkRules, { pieces, tag, index, total }: Chunk): Buffer[] => {
  const options = { authTagLength: tagLength };
  const decipher = createDecipheriv(rules.cipher, rules.key, rules.nonce(index), options);
  decipher.setAuthTag(tag);
  decipher.setAAD(rules.associated(index, total));
  const plain = pieces.map((piece) => decipher.update(piece));
  try {
    return [...plain, decipher.final()];
  } catch {
    throw new CorruptMessage('the message was changed: its proof of integrity does not fit');
  }
};

const tagOf = (queue: PieceQueue): Buffer => Buffer.concat(queue.take(tagLength));

async function* decipherChunks(reader: ByteReader, rules: ChunkRules): AsyncGenerator<Buffer> {
  const queue = new PieceQueue();
  let index = 0n;
  let total = 0n;
  const open = (length: number): Buffer[] => {
    const pieces = queue.take(length);
    total += BigInt(length);
    return openChunk(rules, { pieces, tag: tagOf(queue), index: index++ });
  };
  for await (const piece of reader.rest()) {
    queue.push(piece);
    // The tag of the whole message, which comes last, is never taken for one of a chunk.
    while (queue.length >= rules.chunkSize + 2 * tagLength) yield* open(rules.chunkSize);
  }
  if (queue.length > tagLength) {
    if (queue.length < 2 * tagLength) throw new CorruptMessage('the message is cut off');
    yield* open(queue.length - 2 * tagLength);
  }
  if (queue.length < tagLength) throw new CorruptMessage('the message is cut off');
  openChunk(rules, { pieces: [], tag: tagOf(queue), index, total });
}

/** @param reader after the version octet. Every byte that comes out was authenticated; the end is when the generator ends. */
export async function* openAead(
  reader: ByteReader,
  session: OpenedSession,
  kind: 'gnupg' | 'standard',
): AsyncGenerator<Buffer> {
  const rules = await (kind === 'gnupg' ? gnupgRules(reader, session) : standardRules(reader, session));
  yield* decipherChunks(reader, rules);
}
