const armourHeader = Buffer.from('-----BEGIN PGP MESSAGE');
const armourFooter = Buffer.from('-----END PGP MESSAGE');
const windowBytes = 1024 * 1024;
const headBytes = 16;

export const missingHeader = 'first chunk of uploaded data does not contain a valid GPG header';
export const missingFooter = 'end of stream does not contain a valid GPG footer, suspecting a data corruption';

/** Finds a text in a stream of chunks, also across their borders, and remembers where it was seen first and last. */
class StreamSearch {
  readonly #text: Buffer;
  #tail: Buffer = Buffer.alloc(0);
  #position = 0;
  first: number | undefined;
  last: number | undefined;

  constructor(text: Buffer) {
    this.#text = text;
  }

  push(chunk: Buffer): void {
    const keep = this.#text.length - 1;
    const border = Buffer.concat([this.#tail, chunk.subarray(0, keep)]);
    this.#scan(border, this.#position - this.#tail.length);
    this.#scan(chunk, this.#position);
    this.#position += chunk.length;
    this.#tail = Buffer.from(
      chunk.length >= keep ? chunk.subarray(chunk.length - keep) : Buffer.concat([this.#tail, chunk]).subarray(-keep),
    );
  }

  #scan(buffer: Buffer, offset: number): void {
    for (let at = buffer.indexOf(this.#text); at !== -1; at = buffer.indexOf(this.#text, at + 1)) {
      this.first ??= offset + at;
      this.last = Math.max(this.last ?? 0, offset + at);
    }
  }
}

/** Versions that the first packet of an encrypted message may have, by packet tag. */
const messagePackets: Record<number, readonly number[] | 'any'> = {
  1: [2, 3, 6],
  3: [4, 5, 6],
  9: 'any',
  18: [1, 2],
  20: [1],
};

/** Where the body of a new-format packet starts. */
const newFormatBody = (lengthOctet: number): number => {
  if (lengthOctet < 192 || (lengthOctet >= 224 && lengthOctet < 255)) {
    return 2;
  }
  return lengthOctet === 255 ? 6 : 3;
};
const oldFormatBody: readonly number[] = [2, 3, 5, 1];
const markerPacket = Buffer.from([0xca, 0x03, 0x50, 0x47, 0x50]);

/** True when binary data starts as an encrypted OpenPGP message does: a session key or encrypted data. */
export const startsAsOpenPgpMessage = (head: Buffer): boolean => {
  if (head.length > markerPacket.length && head.subarray(0, markerPacket.length).equals(markerPacket)) {
    return startsAsOpenPgpMessage(head.subarray(markerPacket.length));
  }
  const [first = 0, second = 0] = head;
  if ((first & 0x80) === 0) {
    return false;
  }
  const isNew = (first & 0x40) !== 0;
  const versions = messagePackets[isNew ? first & 0x3f : (first >> 2) & 0x0f];
  const body = isNew ? newFormatBody(second) : (oldFormatBody[first & 0x03] ?? 1);
  const version = head[body];
  return versions !== undefined && version !== undefined && (versions === 'any' || versions.includes(version));
};

/**
 * Tells encrypted messages from other data while they stream by: armoured ones by header and footer, in the first and last
 * MiB, binary ones by their first packet. Knows nothing of chunk borders.
 */
export class OpenPgpInspector {
  #head: Buffer = Buffer.alloc(0);
  readonly #header = new StreamSearch(armourHeader);
  readonly #footer = new StreamSearch(armourFooter);
  #total = 0;

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.#head.length < headBytes) {
      this.#head = Buffer.concat([this.#head, bytes.subarray(0, headBytes - this.#head.length)]);
    }
    if (this.#total < windowBytes + armourHeader.length) {
      this.#header.push(bytes);
    }
    if (!this.#isBinary()) {
      this.#footer.push(bytes);
    }
    this.#total += bytes.length;
  }

  /** Set as soon as it is certain that this can be no message: reading on is of no use. */
  get hopeless(): string | undefined {
    return this.#total > windowBytes + armourHeader.length && !this.#isBinary() && !this.#isArmoured()
      ? missingHeader
      : undefined;
  }

  /** What is wrong with the whole. Undefined: it is a message. */
  verdict(): string | undefined {
    if (this.#isBinary()) {
      return undefined;
    }
    if (!this.#isArmoured()) {
      return missingHeader;
    }
    const end = this.#footer.last;
    return end !== undefined && this.#total - end <= windowBytes ? undefined : missingFooter;
  }

  #isArmoured(): boolean {
    return this.#header.first !== undefined && this.#header.first <= windowBytes;
  }

  #isBinary(): boolean {
    return startsAsOpenPgpMessage(this.#head);
  }
}
