import { timingSafeEqual } from 'node:crypto';
import { type Bytes, CorruptMessage, PieceQueue } from './bytes.ts';
import type { SymmetricCipher } from './ciphers.ts';
import { lend } from './lent-memory.ts';
import { type LastPiece, type Opener, openInlineOpener, openOpener } from './opener.ts';
import { tagByte, tags } from './packets.ts';
import { SlotFiller } from './slot-filler.ts';
import { SlotPool } from './slot-pool.ts';

const detectionLength = 22;
const detectionHeader = Buffer.from([tagByte(tags.modificationDetection), 20]);
/** Waits of the threads for each other are few, and the memory in flight is moderate. */
const slotSize = 512 * 1024;
/** Slots given to the opener before the oldest is waited for. */
const slotsInFlight = 3;

interface Opening {
  readonly options: OpenPacketOptions;
  readonly pool: SlotPool;
  /** A thread is not worth its start for less than a slot. */
  opener?: Opener;
  /** Set when the last piece was yielded. */
  last?: LastPiece;
}

async function* openSlots(cipherText: Bytes, opening: Opening): AsyncGenerator<Buffer> {
  const { options, pool } = opening;
  const filler = new SlotFiller(pool);
  const flying: Promise<Buffer>[] = [];
  for await (const piece of cipherText) {
    for (const slot of filler.add(piece)) {
      opening.opener ??= await (options.openOpener ?? openOpener)(options);
      const plain = opening.opener.open(slot);
      // Awaited below; a rejection before that is not unhandled.
      plain.catch(() => undefined);
      flying.push(plain);
    }
    while (flying.length > slotsInFlight) yield lendSlot(await flying.shift(), pool);
  }
  for (const plain of flying) yield lendSlot(await plain, pool);
  opening.opener ??= openInlineOpener(options);
  opening.last = await opening.opener.finish(filler.rest());
  yield opening.last.plain;
}

const lendSlot = (slot: Buffer | undefined, pool: SlotPool): Buffer => {
  if (!slot) throw new Error('no slot is in flight');
  return lend(slot.subarray(), () => pool.giveBack(slot));
};

const verifyDetection = (end: Buffer, detection: Buffer | undefined): void => {
  const header = end.subarray(0, detectionHeader.length);
  if (end.length !== detectionLength || !header.equals(detectionHeader) || !detection) {
    throw new CorruptMessage('the message is cut off, or it was changed: it has no proof of integrity at its end');
  }
  if (!timingSafeEqual(detection, end.subarray(detectionHeader.length))) {
    throw new CorruptMessage('the message was changed: its proof of integrity does not fit');
  }
};

/** Takes the random prefix off, when it is as it should be. */
async function* withoutPrefix(plain: Bytes, blockSize: number): AsyncGenerator<Buffer> {
  const queue = new PieceQueue();
  const length = blockSize + 2;
  let checked = false;
  for await (const piece of plain) {
    queue.push(piece);
    if (!checked && queue.length < length) continue;
    if (!checked) assertPrefix(Buffer.concat(queue.take(length)), blockSize);
    checked = true;
    yield* queue.take(queue.length);
  }
  if (!checked) throw new CorruptMessage('the message is cut off');
}

const assertPrefix = (prefix: Buffer, blockSize: number): void => {
  if (!prefix.subarray(blockSize).equals(prefix.subarray(blockSize - 2, blockSize))) {
    throw new CorruptMessage('the message was changed: it does not begin as its session key says');
  }
};

export interface OpenPacketOptions {
  readonly cipher: SymmetricCipher;
  readonly key: Uint8Array;
  readonly openOpener?: typeof openOpener;
}

/**
 * What an encrypted packet of version 1 holds. It checks the random prefix, and at the very end, after everything else was yielded,
 * the modification detection packet.
 */
export async function* openPacket(cipherText: Bytes, options: OpenPacketOptions): AsyncGenerator<Buffer> {
  const opening: Opening = { options, pool: new SlotPool(slotSize) };
  try {
    const queue = new PieceQueue();
    for await (const piece of withoutPrefix(openSlots(cipherText, opening), options.cipher.blockSize)) {
      queue.push(piece);
      yield* queue.take(Math.max(0, queue.length - detectionLength));
    }
    verifyDetection(Buffer.concat(queue.take(queue.length)), opening.last?.detection);
  } finally {
    await opening.opener?.close();
  }
}
