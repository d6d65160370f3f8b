/** What ends a line, drives a terminal or turns the direction of text, beyond what JSON escapes by itself. */
const unsafe = /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A JSON line that stays one line and reads as it was written, whatever names it holds; its meaning does not change. */
export const harmlessLine = (line: string): string =>
  line.replace(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The hook that makes a pino logger write such lines only. */
export const harmlessLogging = { streamWrite: harmlessLine };
