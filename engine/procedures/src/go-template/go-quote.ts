const short: Record<string, string> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\u000b': '\\v',
  '\\': '\\\\',
};

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** unicode.IsPrint of one character. */
export const isPrintable = (character: string): boolean => printable.test(character);

const hex = (code: number, width: number): string => code.toString(16).padStart(width, '0');

const escapeCharacter = (character: string, quote: string, ascii: boolean): string => {
  const code = character.codePointAt(0) ?? 0;
  if (character === quote) return `\\${quote}`;
  const name = short[character];
  if (name !== undefined) return name;
  if (printable.test(character) && !(ascii && code > 126)) return character;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
};

/** strconv.Quote; with `ascii`, strconv.QuoteToASCII. */
export const quoteString = (text: string, ascii = false): string =>
  `"${[...text].map((character) => escapeCharacter(character, '"', ascii)).join('')}"`;

/** strconv.QuoteRune. */
export const quoteRune = (code: number, ascii = false): string => {
  const valid = code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return `'${escapeCharacter(String.fromCodePoint(valid ? code : 0xfffd), "'", ascii)}'`;
};
