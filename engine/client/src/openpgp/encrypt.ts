import { randomBytes } from 'node:crypto';
import { createDeflate } from 'node:zlib';
import type { PublicKey } from 'openpgp';
import { compressBlocks } from '../compression/compress-blocks.ts';
import { type Bytes, emptyBuffer } from './bytes.ts';
import { type Origin, writeLiteralHeader } from './origin.ts';
import { encodeLength, partedPacket, partialLength, tagByte, tags } from './packets.ts';
import { readAhead } from './read-ahead.ts';
import { openSealer, type Sealer } from './sealer.ts';
import { createSession } from './session-key.ts';
import { SlotFiller } from './slot-filler.ts';
import { SlotPool } from './slot-pool.ts';
import { throughZlib } from './zlib-stream.ts';

/**
 * `zlib` wraps the data into a compressed packet, which every OpenPGP program undoes; `zstd` puts frames into the literal packet,
 * which decrypts to a file for `zstd -d`.
 */
export type Compression = 'none' | 'zlib' | 'zstd';

export interface EncryptOptions {
  readonly recipients: readonly PublicKey[];
  readonly compression?: Compression;
  /** Written into the message, inside the encryption. */
  readonly origin?: Origin | undefined;
  readonly openSealer?: (key: Uint8Array) => Sealer | Promise<Sealer>;
}

/** 1 MiB parts: few headers, and a moderate amount of memory in flight. */
const outerPower = 20;
const slotSize = 2 ** outerPower;
const innerPower = 20;
/** Slots given to the sealer before the oldest is waited for. */
const slotsInFlight = 3;
/** While the network is waited for, the processors go on. */
const aheadBytes = 2 * slotSize;
const encryptedVersion = 1;

async function* literalBody(source: Bytes, compressed: boolean, origin?: Origin): AsyncGenerator<Buffer> {
  yield writeLiteralHeader(compressed, origin);
  yield* compressed ? compressBlocks(source) : source;
}

async function* zlibBody(source: Bytes): AsyncGenerator<Buffer> {
  yield Buffer.from([2]);
  yield* throughZlib(source, createDeflate({ level: 1, chunkSize: 65_536 }));
}

const plainPackets = (source: Bytes, { compression, origin }: EncryptOptions): Bytes => {
  const body = literalBody(source, compression === 'zstd', origin);
  const literal = partedPacket(tags.literal, body, innerPower);
  return compression === 'zlib' ? partedPacket(tags.compressed, zlibBody(literal), innerPower) : literal;
};

/** Random prefix whose last two bytes repeat the two before. */
async function* withPrefix(packets: Bytes): AsyncGenerator<Buffer> {
  const prefix = randomBytes(18);
  prefix.copy(prefix, 16, 14, 16);
  yield prefix;
  yield* packets;
}

async function* sealSlots(plain: Bytes, sealer: Sealer, pool: SlotPool): AsyncGenerator<Buffer> {
  const filler = new SlotFiller(pool);
  const flying: Promise<Buffer>[] = [];
  for await (const piece of plain) {
    for (const slot of filler.add(piece)) {
      const sealed = sealer.seal(slot);
      // Awaited below; a rejection before that is not unhandled.
      sealed.catch(() => undefined);
      flying.push(sealed);
    }
    while (flying.length > slotsInFlight) yield (await flying.shift()) ?? emptyBuffer;
  }
  for (const sealed of flying) yield await sealed;
  yield await sealer.finish(filler.rest());
}

/**
 * Every part but the last is a power of two long, and the first begins with the version octet: so the last octet of each slot
 * goes into the part of the next one.
 */
async function* encryptedPacket(slots: Bytes, pool: SlotPool): AsyncGenerator<Buffer> {
  let carried = encryptedVersion;
  let previous: Buffer | undefined;
  yield Buffer.from([tagByte(tags.encryptedWithIntegrity)]);
  for await (const slot of slots) {
    const full = previous;
    previous = slot;
    if (!full) continue;
    yield Buffer.from([partialLength(outerPower), carried]);
    carried = full.at(-1) ?? 0;
    yield pool.lendPart(full, full.subarray(0, -1));
  }
  const last = previous ?? emptyBuffer;
  yield Buffer.concat([encodeLength(1 + last.length), Buffer.from([carried])]);
  yield last;
}

/**
 * A binary OpenPGP message: session key packets and one SEIPD packet of version 1 (AES-256-CFB with modification detection), which
 * every OpenPGP program reads. Memory does not depend on the length of the source.
 */
export async function* encryptMessage(source: Bytes, options: EncryptOptions): AsyncGenerator<Buffer> {
  const session = await createSession(options.recipients);
  const sealer = await (options.openSealer ?? openSealer)(session.key);
  const pool = new SlotPool(slotSize);
  try {
    yield session.packets;
    const packets = withPrefix(plainPackets(source, options));
    yield* readAhead(encryptedPacket(sealSlots(packets, sealer, pool), pool), aheadBytes);
  } finally {
    await sealer.close();
  }
}
