import { formatFloat, formatNested } from './format.ts';
import { quoteRune, quoteString } from './go-quote.ts';
import { GoFloat, goType, isList, isMap, kindOf, sortedKeys, type Value } from './values.ts';

interface Verb {
  readonly letter: string;
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

const directive = /%([-+# 0]*)(\[(\d+)\])?(\*|\d+)?(?:\.(?:\[(\d+)\])?(\*|\d*))?(?:\[(\d+)\])?([\s\S]?)/gu;
/** Go refuses wider fields too. */
const widest = 1_000_000;

/** fmt.Sprintf. Faults show in the text, as in Go. */
export const sprintf = (format: string, values: readonly Value[]): string => {
  const state = { next: 0, reordered: false };
  const text = format.replace(directive, (_match, ...groups: (string | undefined)[]) => expand(groups, values, state));
  if (state.reordered || state.next >= values.length) return text;
  const extra = values
    .slice(state.next)
    .map((value) => (value === null ? '<nil>' : `${goType(value)}=${formatNested(value)}`));
  return `${text}%!(EXTRA ${extra.join(', ')})`;
};

type State = { next: number; reordered: boolean };

const expand = (groups: (string | undefined)[], values: readonly Value[], state: State): string => {
  const [flags = '', , first, width, second, precision, third, letter = ''] = groups;
  const faults: string[] = [];
  jump(first, state);
  const wide = measure(width, { values, state, faults, name: 'WIDTH' });
  jump(second, state);
  const precise = precision === '' ? 0 : measure(precision, { values, state, faults, name: 'PREC' });
  jump(third, state);
  if (letter === '') return `${faults.join('')}%!(NOVERB)`;
  if (letter === '%') return `${faults.join('')}%`;
  if (state.next < 0 || (state.reordered && state.next >= values.length)) return `%!${letter}(BADINDEX)`;
  if (state.next >= values.length) return `${faults.join('')}%!${letter}(MISSING)`;
  const negative = wide !== undefined && wide < 0;
  const verb: Verb = {
    letter,
    flags: negative ? `${flags}-` : flags,
    width: wide === undefined ? undefined : Math.abs(wide),
    precision: precise !== undefined && precise < 0 ? undefined : precise,
  };
  return faults.join('') + formatVerb(verb, values[state.next++] ?? null);
};

const jump = (index: string | undefined, state: State): void => {
  if (index === undefined) return;
  state.reordered = true;
  state.next = Number(index) - 1;
};

const measure = (
  text: string | undefined,
  { values, state, faults, name }: { values: readonly Value[]; state: State; faults: string[]; name: string },
): number | undefined => {
  if (text === undefined) return undefined;
  const value = text === '*' ? values[state.next++] : Number(text);
  if (typeof value === 'number' && Math.abs(value) <= widest) return value;
  faults.push(`%!(BAD${name})`);
  return undefined;
};

const formatVerb = (verb: Verb, value: Value): string => {
  if (verb.letter === 'T') return pad(goType(value), verb);
  if (value === null) return verb.letter === 'v' ? pad('<nil>', verb) : `%!${verb.letter}(<nil>)`;
  if (isList(value)) return formatList(verb, value);
  if (isMap(value)) return formatMap(verb, value);
  const text = formatters[kindOf(value)]?.(verb, value);
  return text ?? `%!${verb.letter}(${goType(value)}=${formatNested(value)})`;
};

const nested = (verb: Verb, value: Value): string =>
  value === null ? (verb.letter === 'v' ? pad('<nil>', verb) : `%!${verb.letter}(<nil>)`) : formatVerb(verb, value);

const formatList = (verb: Verb, list: readonly Value[]): string =>
  `[${list.map((item) => nested(verb, item)).join(' ')}]`;

const formatMap = (verb: Verb, map: { readonly [key: string]: Value }): string => {
  const entries = sortedKeys(map).map((key) => `${nested(verb, key)}:${nested(verb, map[key] ?? null)}`);
  return `map[${entries.join(' ')}]`;
};

const pad = (text: string, { width, flags }: Verb, zeros = false): string => {
  const missing = (width ?? 0) - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!zeros || !flags.includes('0')) return ' '.repeat(missing) + text;
  const sign = /^[+\- ]/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
};

const signed = (text: string, flags: string): string => {
  if (text.startsWith('-') || text.startsWith('+')) return text;
  if (flags.includes('+')) return `+${text}`;
  return flags.includes(' ') ? ` ${text}` : text;
};

const formatBool = (verb: Verb, value: Value): string | undefined =>
  verb.letter === 't' || verb.letter === 'v' ? pad(String(value), verb, true) : undefined;

const hexBytes = (text: string, { letter, flags, precision }: Verb): string => {
  const bytes = Buffer.from(text).subarray(0, precision);
  const prefix = flags.includes('#') ? `0${letter}` : '';
  const pairs = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
  const cased = pairs.map((pair) => (letter === 'X' ? pair.toUpperCase() : pair));
  if (flags.includes(' ')) return cased.map((pair) => prefix + pair).join(' ');
  return cased.length === 0 ? '' : prefix + cased.join('');
};

const quoted = (text: string, flags: string): string => {
  const raw = flags.includes('#') && !text.includes('`') && !/[^\t\P{Cc}]|\ufeff/u.test(text);
  return raw ? `\`${text}\`` : quoteString(text, flags.includes('+'));
};

const formatString = (verb: Verb, value: Value): string | undefined => {
  const text = String(value);
  const { letter, precision, flags } = verb;
  if (letter === 'x' || letter === 'X') return pad(hexBytes(text, verb), verb, true);
  const cut = precision === undefined ? text : [...text].slice(0, precision).join('');
  if (letter === 's') return pad(cut, verb, true);
  if (letter === 'v') return pad(flags.includes('#') ? quoted(cut, '') : cut, verb, true);
  return letter === 'q' ? pad(quoted(cut, flags), verb, true) : undefined;
};

const bases: Record<string, { base: number; prefix: string }> = {
  d: { base: 10, prefix: '' },
  v: { base: 10, prefix: '' },
  b: { base: 2, prefix: '0b' },
  o: { base: 8, prefix: '0' },
  O: { base: 8, prefix: '' },
  x: { base: 16, prefix: '0x' },
  X: { base: 16, prefix: '0X' },
};

const formatInteger = (verb: Verb, value: Value): string | undefined => {
  const number = BigInt(value as number | bigint);
  const { letter, flags, precision } = verb;
  if (letter === 'c') return pad(rune(number), verb);
  if (letter === 'q') return pad(quoteRune(Number(number), flags.includes('+')), verb);
  if (letter === 'U') return pad(`U+${number.toString(16).toUpperCase().padStart(4, '0')}`, verb);
  const form = bases[letter];
  if (!form) return undefined;
  if (precision === 0 && number === 0n) return pad('', verb);
  const digits = (number < 0n ? -number : number).toString(form.base).padStart(precision ?? 0, '0');
  const cased = letter === 'X' ? digits.toUpperCase() : digits;
  const prefix = basePrefix(verb, form.prefix);
  const zeros = precision === undefined && flags.includes('0') && !flags.includes('-');
  const sign = number < 0n ? '-' : signed('', flags);
  const filled = zeros ? cased.padStart((verb.width ?? 0) - sign.length, '0') : cased;
  return pad(sign + prefix + filled, { ...verb, flags: flags.replaceAll('0', '') });
};

const basePrefix = ({ letter, flags }: Verb, prefix: string): string => {
  if (letter === 'O') return '0o';
  return flags.includes('#') ? prefix : '';
};

const rune = (code: bigint): string => {
  const valid = code >= 0n && code <= 0x10ffffn && !(code >= 0xd800n && code <= 0xdfffn);
  return String.fromCodePoint(valid ? Number(code) : 0xfffd);
};

const exponent = (text: string): string => text.replace(/e([+-])(\d)$/, 'e$10$2');

const general = (value: number, precision: number | undefined): string => {
  if (precision === undefined) return formatFloat(value);
  const digits = Math.max(1, Math.min(precision, 100));
  const scientific = value.toExponential(digits - 1);
  const power = Number(scientific.slice(scientific.indexOf('e') + 1));
  const trim = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
  if (power < -4 || power >= digits) return exponent(scientific.replace(/^[^e]*/, trim));
  return trim(value.toFixed(Math.max(0, digits - 1 - power)));
};

const formatFloatVerb = (verb: Verb, value: Value): string | undefined => {
  const number = value instanceof GoFloat ? value.value : 0;
  const { letter, precision } = verb;
  const digits = Math.min(precision ?? 6, 100);
  const forms: Record<string, () => string> = {
    f: () => fixed(number, digits),
    e: () => exponent(number.toExponential(digits)),
    g: () => general(number, precision),
    v: () => general(number, precision),
  };
  const form = forms[letter.toLowerCase()];
  if (!form || letter === 'V') return undefined;
  const text = Number.isFinite(number) ? form() : formatFloat(number);
  const cased = letter === 'E' || letter === 'G' ? text.toUpperCase() : text;
  return pad(signed(cased, verb.flags), verb, Number.isFinite(number));
};

/** Unlike toFixed, Go prints all digits of numbers from 1e21 on, and rounds a tie to the even digit. */
const fixed = (value: number, digits: number): string => {
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}${digits > 0 ? `.${'0'.repeat(digits)}` : ''}`;
  const exact = value.toFixed(Math.min(100, digits + 60));
  const cut = exact.slice(0, exact.indexOf('.') + 1 + digits).replace(/\.$/, '');
  const tail = exact.slice(exact.indexOf('.') + 1 + digits);
  return /^50*$/.test(tail) && /[02468]$/.test(cut) ? cut : value.toFixed(digits);
};

const formatters: Partial<Record<string, (verb: Verb, value: Value) => string | undefined>> = {
  bool: formatBool,
  string: formatString,
  int: formatInteger,
  float: formatFloatVerb,
};
