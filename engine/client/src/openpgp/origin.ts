import { createHash } from 'node:crypto';
import { compressedName } from '../compression/block-format.ts';

/** Where and when a message was made; it stands inside the encryption. */
export interface Origin {
  readonly collection: string;
  readonly made: Date;
}

/** What a literal packet says about itself. Messages of other programs have no origin. */
export interface LiteralHeader {
  readonly compressed: boolean;
  /** Undefined: nothing, or not by this client. */
  readonly origin: { readonly collection: string; readonly made: Date | undefined } | undefined;
}

const plainName = 'backstay-1';
/** A file name in a literal packet has at most 255 octets. */
const longestCollection = 200;

/** Collection as it stands in a message: long ones by their SHA-256. */
export const collectionMark = (collection: string): string =>
  Buffer.byteLength(collection) <= longestCollection
    ? collection
    : `sha256:${createHash('sha256').update(collection).digest('hex')}`;

/** Octets of a literal packet before its data: binary, file name, date. */
export const writeLiteralHeader = (compressed: boolean, origin: Origin | undefined): Buffer => {
  const kind = compressed ? compressedName : plainName;
  const name = Buffer.from(origin ? `${kind};${collectionMark(origin.collection)}` : compressed ? kind : '');
  const date = Buffer.alloc(4);
  if (origin) date.writeUInt32BE(Math.floor(origin.made.getTime() / 1000));
  return Buffer.concat([Buffer.from([0x62, name.length]), name, date]);
};

export const readLiteralHeader = (name: Buffer, date: Buffer): LiteralHeader => {
  const text = name.toString('utf8');
  const end = text.indexOf(';');
  const kind = end < 0 ? text : text.slice(0, end);
  const compressed = kind === compressedName;
  if (end < 0 || (kind !== compressedName && kind !== plainName)) return { compressed, origin: undefined };
  const seconds = date.readUInt32BE();
  const made = seconds === 0 ? undefined : new Date(seconds * 1000);
  return { compressed, origin: { collection: text.slice(end + 1), made } };
};
