import { type Bytes, emptyBuffer, PieceQueue } from './bytes.ts';
import { Crc24 } from './crc24.ts';
import { giveBack, lendWhole } from './lent-memory.ts';

const bytesPerLine = 48;
const charactersPerLine = 64;
const newline = 0x0a;
/** Whole lines, and small enough to stay in the cache of the processor. */
const block = bytesPerLine * 4096;

const armorLines = (bytes: Buffer): Buffer => {
  const text = lendWhole(Buffer.from(bytes.toString('base64'), 'latin1'));
  giveBack(bytes);
  const lines = Buffer.allocUnsafe(text.length + Math.ceil(text.length / charactersPerLine));
  let target = 0;
  for (let from = 0; from < text.length; from += charactersPerLine) {
    target += text.copy(lines, target, from, from + charactersPerLine);
    lines[target++] = newline;
  }
  giveBack(text);
  return lendWhole(lines);
};

/** ASCII armour of RFC 4880, section 6.2, with its checksum. */
export async function* writeArmor(source: Bytes): AsyncGenerator<Buffer> {
  const crc = new Crc24();
  const queue = new PieceQueue();
  yield Buffer.from('-----BEGIN PGP MESSAGE-----\n\n');
  for await (const piece of source) {
    queue.push(piece);
    while (queue.length >= block) {
      const pieces = queue.take(block);
      const bytes = Buffer.concat(pieces, block);
      for (const piece of pieces) giveBack(piece);
      crc.update(bytes);
      yield armorLines(lendWhole(bytes));
    }
  }
  const last = queue.length > 0 ? Buffer.concat(queue.take(queue.length)) : emptyBuffer;
  crc.update(last);
  yield armorLines(last);
  yield Buffer.from(`=${crc.digest()}\n-----END PGP MESSAGE-----\n`);
}
