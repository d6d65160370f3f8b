import { ByteReader, type Bytes, CorruptMessage, emptyBuffer, prepend } from './bytes.ts';
import { Crc24 } from './crc24.ts';
import { giveBack, lendWhole } from './lent-memory.ts';

const beginLine = '-----BEGIN PGP MESSAGE-----';
const dash = 0x2d;
const newline = 0x0a;
/** Text before the message (mail headers and the like) and the armour headers may take this much. */
const longestPreamble = 65_536;
/** The checksum line and the end line fit, so that they are always seen in one piece. */
const tailLength = 256;

const readUntil = async (reader: ByteReader, complete: (text: string) => number): Promise<Buffer> => {
  let seen: Buffer = emptyBuffer;
  while (seen.length < longestPreamble) {
    const part = await reader.some();
    if (!part) break;
    seen = Buffer.concat([seen, part]);
    const end = complete(seen.toString('latin1', 0, longestPreamble));
    if (end >= 0) return seen.subarray(end);
  }
  throw new CorruptMessage('the armour of the message has no proper beginning');
};

/** Index after the empty line that ends the armour headers; -1 when more text is needed. */
const endOfHeaders = (text: string): number => {
  const begin = text.indexOf(beginLine);
  if (begin < 0) return -1;
  const headers = /^[^\n]*\n(?:[A-Za-z]+: [^\n]*\n)*[ \t\r]*\n/.exec(text.slice(begin));
  return headers ? begin + headers[0].length : -1;
};

/** Cuts text so that the first part holds whole groups of four characters. */
const wholeGroups = (text: Buffer): { readonly characters: string; readonly rest: Buffer } => {
  let characters = text.toString('latin1');
  if (!regularLines(text)) characters = characters.replace(/\s+/g, '');
  else return { characters, rest: emptyBuffer };
  const length = characters.length - (characters.length % 4);
  return { characters: characters.slice(0, length), rest: Buffer.from(characters.slice(length), 'latin1') };
};

/** True when every line holds whole groups and the text ends with a line. */
const regularLines = (text: Buffer): boolean => {
  let start = 0;
  for (let end = text.indexOf(newline); end >= 0; end = text.indexOf(newline, start)) {
    if ((end - start) % 4 !== 0) return false;
    start = end + 1;
  }
  return start === text.length;
};

class ArmorBody {
  readonly #crc = new Crc24();
  #text: Buffer = emptyBuffer;
  #ended = false;

  /** Decodes what is surely not the end of the armour. */
  push(part: Buffer): Buffer {
    if (this.#ended) {
      if (this.#text.length < longestPreamble) this.#text = Buffer.concat([this.#text, part]);
      return emptyBuffer;
    }
    this.#text = Buffer.concat([this.#text, part]);
    giveBack(part);
    const end = this.#text.indexOf(dash);
    this.#ended = end >= 0;
    const last = (this.#ended ? end : this.#text.length) - tailLength;
    const cut = last < 0 ? 0 : this.#text.lastIndexOf(newline, last) + 1;
    if (cut === 0) return emptyBuffer;
    const text = lendWhole(this.#text);
    const { characters, rest } = wholeGroups(text.subarray(0, cut));
    this.#text = Buffer.concat([rest, text.subarray(cut)]);
    giveBack(text);
    return this.#decode(characters);
  }

  /** Decodes the rest and checks the checksum line. */
  finish(): Buffer {
    const text = this.#text.toString('latin1');
    const end = text.indexOf('-----END PGP MESSAGE-----');
    if (end < 0) throw new CorruptMessage('the armour of the message is cut off');
    const match = /^([A-Za-z0-9+/\s]*(?:=\s*){0,2})(?:\n=([A-Za-z0-9+/]{4})\s*)?$/.exec(text.slice(0, end));
    if (!match) throw new CorruptMessage('the armour of the message holds characters that do not belong there');
    const bytes = this.#decode((match[1] ?? '').replace(/\s+/g, ''));
    if (match[2] !== undefined && match[2] !== this.#crc.digest()) {
      throw new CorruptMessage('the checksum of the armour is wrong');
    }
    return bytes;
  }

  #decode(characters: string): Buffer {
    const bytes = Buffer.from(characters, 'base64');
    this.#crc.update(bytes);
    return lendWhole(bytes);
  }
}

async function* readArmor(source: Bytes): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  const body = new ArmorBody();
  const first = await readUntil(reader, endOfHeaders);
  for await (const part of prepend(first, reader.rest())) {
    const bytes = body.push(part);
    if (bytes.length > 0) yield bytes;
  }
  const last = body.finish();
  if (last.length > 0) yield last;
}

/** Binary OpenPGP from either form. The first byte tells: packets have their highest bit set, text has not. */
export async function* openArmor(source: Bytes): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  const first = await reader.some();
  if (!first) throw new CorruptMessage('the message is empty');
  const whole = prepend(first, reader.rest());
  yield* ((first[0] ?? 0) & 0x80) === 0 ? readArmor(whole) : whole;
}
