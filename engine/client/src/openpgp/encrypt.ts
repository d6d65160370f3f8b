import { createHash, randomBytes } from 'node:crypto';
import { createDeflate } from 'node:zlib';
import type { PublicKey } from 'openpgp';
import { type Bytes, emptyBuffer } from './bytes.ts';
import { type CfbCipher, openCfbCipher } from './cfb-cipher.ts';
import { encodeLength, partedPacket, partialLength, tagByte, tags } from './packets.ts';
import { createSession } from './session-key.ts';
import { throughZlib } from './zlib-stream.ts';

export interface EncryptOptions {
  readonly recipients: readonly PublicKey[];
  /** `zlib` wraps the data into a compressed packet. */
  readonly compression?: 'none' | 'zlib';
  readonly openCipher?: (key: Uint8Array) => CfbCipher | Promise<CfbCipher>;
}

/** 1 MiB parts of cipher text: few headers, and a moderate amount of memory in flight. */
const outerPower = 20;
const slotSize = 2 ** outerPower;
/** 64 KiB parts inside, which is what one read of a pipe brings. */
const innerPower = 16;
/** Slots given to the cipher before the oldest is waited for. */
const slotsInFlight = 3;
const encryptedVersion = 1;

async function* literalBody(source: Bytes): AsyncGenerator<Buffer> {
  // Binary, no file name, no date.
  yield Buffer.from([0x62, 0, 0, 0, 0, 0]);
  yield* source;
}

async function* zlibBody(source: Bytes): AsyncGenerator<Buffer> {
  yield Buffer.from([2]);
  yield* throughZlib(source, createDeflate({ level: 1, chunkSize: 65_536 }));
}

const plainPackets = (source: Bytes, compression: 'none' | 'zlib'): Bytes => {
  const literal = partedPacket(tags.literal, literalBody(source), innerPower);
  return compression === 'none' ? literal : partedPacket(tags.compressed, zlibBody(literal), innerPower);
};

/** Random prefix whose last two bytes repeat the two before, the packets, and the modification detection packet. */
async function* withDetection(packets: Bytes): AsyncGenerator<Buffer> {
  const prefix = randomBytes(18);
  prefix.copy(prefix, 16, 14, 16);
  yield prefix;
  yield* packets;
}

const detectionHeader = Buffer.from([tagByte(tags.modificationDetection), 20]);

/** Copies the stream into slots; the first one leaves room for the version octet, so that its part is a power of two as well. */
class Slots {
  readonly #hash = createHash('sha1');
  #slot = Buffer.allocUnsafeSlow(slotSize - 1);
  #filled = 0;

  *add(piece: Buffer): Generator<Buffer> {
    for (let from = 0; from < piece.length; ) {
      const count = piece.copy(this.#slot, this.#filled, from);
      this.#filled += count;
      from += count;
      if (this.#filled === this.#slot.length) {
        const full = this.#slot;
        this.#hash.update(full);
        this.#slot = Buffer.allocUnsafeSlow(slotSize);
        this.#filled = 0;
        yield full;
      }
    }
  }

  last(): Buffer {
    const rest = this.#slot.subarray(0, this.#filled);
    const digest = this.#hash.update(rest).update(detectionHeader).digest();
    const last = Buffer.allocUnsafeSlow(rest.length + detectionHeader.length + digest.length);
    rest.copy(last);
    detectionHeader.copy(last, rest.length);
    digest.copy(last, rest.length + detectionHeader.length);
    return last;
  }
}

async function* encryptSlots(plain: Bytes, cipher: CfbCipher): AsyncGenerator<Buffer> {
  const slots = new Slots();
  const flying: Promise<Buffer>[] = [];
  for await (const piece of plain) {
    for (const slot of slots.add(piece)) {
      const encrypted = cipher.encrypt(slot);
      // Awaited below; a rejection before that is not unhandled.
      encrypted.catch(() => undefined);
      flying.push(encrypted);
    }
    while (flying.length > slotsInFlight) yield (await flying.shift()) ?? emptyBuffer;
  }
  for (const encrypted of flying) yield await encrypted;
  yield await cipher.encrypt(slots.last());
}

async function* encryptedPacket(cipherText: Bytes): AsyncGenerator<Buffer> {
  let head = Buffer.from([tagByte(tags.encryptedWithIntegrity)]);
  let version = Buffer.from([encryptedVersion]);
  let previous: Buffer | undefined;
  for await (const piece of cipherText) {
    if (previous) {
      yield Buffer.concat([head, Buffer.from([partialLength(outerPower)]), version]);
      yield previous;
      head = Buffer.alloc(0);
      version = Buffer.alloc(0);
    }
    previous = piece;
  }
  const last = previous ?? emptyBuffer;
  yield Buffer.concat([head, encodeLength(version.length + last.length), version]);
  yield last;
}

/**
 * A binary OpenPGP message: session key packets and one SEIPD packet of version 1 (AES-256-CFB with modification detection), which
 * every OpenPGP program reads. Memory does not depend on the length of the source.
 */
export async function* encryptMessage(source: Bytes, options: EncryptOptions): AsyncGenerator<Buffer> {
  const session = await createSession(options.recipients);
  const cipher = await (options.openCipher ?? openCfbCipher)(session.key);
  try {
    yield session.packets;
    yield* encryptedPacket(encryptSlots(withDetection(plainPackets(source, options.compression ?? 'none')), cipher));
  } finally {
    await cipher.close();
  }
}
