import { ValueError } from './template-error.ts';
import { GoFloat, type Value } from './values.ts';

const simple: Record<string, string> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\u000b',
  '\\': '\\',
  "'": "'",
  '"': '"',
};
const escapeSequence = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([\s\S]))/g;

/** Go strings are bytes: `\xNN` and `\NNN` are single bytes, which only make characters together. */
const decodeEscapes = (body: string, quote: string): Buffer => {
  const parts: Buffer[] = [];
  let last = 0;
  for (const match of body.matchAll(escapeSequence)) {
    parts.push(Buffer.from(body.slice(last, match.index)), decodeOne(match, quote));
    last = match.index + match[0].length;
  }
  parts.push(Buffer.from(body.slice(last)));
  return Buffer.concat(parts);
};

const decodeOne = (match: RegExpExecArray, quote: string): Buffer => {
  const [text, hex, short, long, octal, letter] = match;
  if (hex !== undefined) return Buffer.from([Number.parseInt(hex, 16)]);
  if (octal !== undefined) return byteOf(Number.parseInt(octal, 8), text);
  if (short !== undefined || long !== undefined) return runeOf(Number.parseInt(short ?? long ?? '', 16), text);
  const replacement = letter === undefined || (`'"`.includes(letter) && letter !== quote) ? undefined : simple[letter];
  if (replacement === undefined) throw new ValueError(`invalid escape ${text}`);
  return Buffer.from(replacement);
};

const byteOf = (value: number, text: string): Buffer => {
  if (value > 255) throw new ValueError(`invalid escape ${text}`);
  return Buffer.from([value]);
};

const runeOf = (value: number, text: string): Buffer => {
  if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) throw new ValueError(`invalid escape ${text}`);
  return Buffer.from(String.fromCodePoint(value));
};

/** Value of a quoted or raw string literal. */
export const stringLiteral = (text: string): string =>
  text.startsWith('`')
    ? text.slice(1, -1).replaceAll('\r', '')
    : decodeEscapes(text.slice(1, -1), '"').toString('utf8');

/** Value of a character constant: its code point. */
export const charLiteral = (text: string): number => {
  const body = text.slice(1, -1);
  const bytes = decodeEscapes(body, "'");
  if (/^\\(?:x..|[0-7]{3})$/.test(body)) return bytes[0] ?? 0;
  const characters = [...bytes.toString('utf8')];
  const [first] = characters;
  if (first === undefined || characters.length !== 1) throw new ValueError(`malformed character constant: ${text}`);
  return first.codePointAt(0) ?? 0;
};

const maximum = 2n ** 63n - 1n;
const minimum = -(2n ** 63n);

/** A whole number of Go, as a number where that is exact. */
export const toInteger = (value: bigint): number | bigint =>
  value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : value;

const misplacedUnderscore = (text: string): boolean =>
  text.includes('_') && !/^[+-]?(?:0[xXbBoO]_?|0_)?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*$/.test(text);

const digitsOf = (digits: string): string => (/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);

/** Value of a number literal. @throws ValueError when it is malformed or out of range. */
export const numberLiteral = (text: string): Value => {
  if (misplacedUnderscore(text)) throw new ValueError(`bad number syntax: "${text}"`);
  const plain = text.replaceAll('_', '');
  const digits = plain.replace(/^[+-]/, '');
  if (/^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|[0-9]+)$/.test(digits)) return wholeNumber(plain, digits);
  if (/^0[xX]/.test(digits)) throw new ValueError(`hexadecimal floats are not supported: "${text}"`);
  const value = Number(plain);
  if (!Number.isFinite(value)) throw new ValueError(`bad number syntax: "${text}"`);
  // A constant such as 1e3 is a float that is whole: Go's template engine uses it as a float when printing.
  return new GoFloat(value);
};

const wholeNumber = (plain: string, digits: string): number | bigint => {
  if (/^0[0-9]*[89]/.test(digits)) throw new ValueError(`bad number syntax: "${plain}"`);
  const magnitude = BigInt(digitsOf(digits.toLowerCase()));
  const value = plain.startsWith('-') ? -magnitude : magnitude;
  if (value > maximum || value < minimum) throw new ValueError(`integer overflow: "${plain}"`);
  return toInteger(value);
};
