/** What ends a line, drives a terminal or turns the direction of text, beyond what JSON escapes by itself. */
const unsafe = /[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
const unsafeInText = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A JSON line that stays one line and reads as it was written, whatever names it holds; its meaning does not change. */
export const harmlessLine = (line: string): string => line.replace(unsafe, escaped);

/** Text on one line of a terminal, whatever names it holds: what would break it is shown as `\u001b`. */
export const harmlessText = (text: string): string => text.replace(unsafeInText, escaped);

/** The hook that makes a pino logger write JSON lines of that sort only. */
export const harmlessLogging = { streamWrite: harmlessLine };
