import { formatNested } from './format.ts';
import { isPrintable, quoteRune, quoteString } from './go-quote.ts';
import { type Directive, DirectiveReader } from './printf-directives.ts';
import { floatText } from './printf-floats.ts';
import { GoFloat, goType, isList, isMap, kindOf, sortedKeys, type Value } from './values.ts';

/** fmt.Sprintf. Faults show in the text, as in Go. */
export const sprintf = (format: string, values: readonly Value[]): string => {
  const reader = new DirectiveReader(format, values);
  const output: string[] = [];
  for (let text = reader.text(); text !== undefined; text = reader.text()) {
    output.push(text, reader.directive(formatTop));
  }
  const extra = reader.extra().map((value) => (value === null ? '<nil>' : `${goType(value)}=${formatNested(value)}`));
  if (extra.length > 0) output.push(`%!(EXTRA ${extra.join(', ')})`);
  return output.join('');
};

const formatTop = (directive: Directive, value: Value): string => {
  const { verb } = directive;
  if (value === null) return verb === 'v' || verb === 'T' ? pad('<nil>', directive) : `%!${verb}(<nil>)`;
  return verb === 'T' ? pad(cut(goType(value), directive), directive) : formatValue(directive, value);
};

/** Verbs that are for whole values, and for none that a template has. */
const wholeVerbs = new Set(['p', 'w']);

const formatValue = (directive: Directive, value: Value): string => {
  if (wholeVerbs.has(directive.verb)) return bad(directive, value);
  if (isList(value)) return formatList(directive, value);
  if (isMap(value)) return formatMap(directive, value);
  return formatters[kindOf(value)]?.(directive, value) ?? bad(directive, value);
};

/** A verb that does not fit the value; the flags hold for the value all the same. */
const bad = (directive: Directive, value: Value): string =>
  `%!${directive.verb}(${goType(value)}=${formatValue({ ...directive, verb: 'v' }, value)})`;

const nested = (directive: Directive, value: Value): string => {
  if (value === null) return directive.source ? 'interface {}(nil)' : '<nil>';
  return formatValue(directive, value);
};

const formatList = (directive: Directive, list: readonly Value[]): string => {
  const items = list.map((item) => nested(directive, item));
  return directive.source ? `[]interface {}{${items.join(', ')}}` : `[${items.join(' ')}]`;
};

const formatMap = (directive: Directive, map: { readonly [key: string]: Value }): string => {
  const entries = sortedKeys(map).map((key) => `${nested(directive, key)}:${nested(directive, map[key] ?? null)}`);
  return directive.source ? `map[string]interface {}{${entries.join(', ')}}` : `map[${entries.join(' ')}]`;
};

const padding = (count: number, { zero, minus }: Directive): string => (zero && !minus ? '0' : ' ').repeat(count);

const pad = (text: string, directive: Directive): string => {
  const missing = (directive.width ?? 0) - [...text].length;
  if (missing <= 0) return text;
  return directive.minus ? text + padding(missing, directive) : padding(missing, directive) + text;
};

const padBlank = (text: string, directive: Directive): string => pad(text, { ...directive, zero: false });

const cut = (text: string, { precision }: Directive): string =>
  precision === undefined ? text : [...text].slice(0, precision).join('');

const formatBool = (directive: Directive, value: Value): string | undefined =>
  directive.verb === 't' || directive.verb === 'v' ? pad(String(value), directive) : undefined;

const formatString = (directive: Directive, value: Value): string | undefined => {
  const text = String(value);
  switch (directive.verb) {
    case 'v':
      return directive.source ? quoted(text, { ...directive, sharp: false }) : pad(cut(text, directive), directive);
    case 's':
      return pad(cut(text, directive), directive);
    case 'q':
      return quoted(text, directive);
    case 'x':
    case 'X':
      return pad(hexBytes(text, directive), directive);
    default:
      return undefined;
  }
};

const hexBytes = (text: string, { verb, sharp, space, precision }: Directive): string => {
  const bytes = Buffer.from(text).subarray(0, precision);
  if (bytes.length === 0) return '';
  const prefix = sharp ? `0${verb}` : '';
  const pairs = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
  const cased = verb === 'X' ? pairs.map((pair) => pair.toUpperCase()) : pairs;
  return space ? cased.map((pair) => prefix + pair).join(' ') : prefix + cased.join('');
};

const quoted = (text: string, directive: Directive): string => {
  const part = cut(text, directive);
  const raw = directive.sharp && !part.includes('`') && !/[^\t\P{Cc}]|\ufeff/u.test(part);
  return pad(raw ? `\`${part}\`` : quoteString(part, directive.plus), directive);
};

const bases: Record<string, { base: number; prefix: string }> = {
  d: { base: 10, prefix: '' },
  v: { base: 10, prefix: '' },
  b: { base: 2, prefix: '0b' },
  o: { base: 8, prefix: '0' },
  O: { base: 8, prefix: '0' },
  x: { base: 16, prefix: '0x' },
  X: { base: 16, prefix: '0X' },
};

const formatInteger = (directive: Directive, value: Value): string | undefined => {
  const number = BigInt(value as number | bigint);
  const { verb, plus } = directive;
  if (verb === 'c') return pad(rune(number), directive);
  if (verb === 'q') return pad(quoteRune(Number(number), plus), directive);
  if (verb === 'U') return unicode(number, directive);
  const form = bases[verb];
  return form && based(number, form, directive);
};

const based = (number: bigint, form: { base: number; prefix: string }, directive: Directive): string => {
  const { verb, precision, width, zero, minus } = directive;
  if (precision === 0 && number === 0n) return ' '.repeat(width ?? 0);
  const sign = signOf(number < 0n ? '-' : '+', directive);
  const filled = precision === undefined && zero && !minus ? (width ?? 0) - sign.length : (precision ?? 0);
  const plain = (number < 0n ? -number : number).toString(form.base).padStart(filled, '0');
  const digits = verb === 'X' ? plain.toUpperCase() : plain;
  const prefixed = directive.sharp && !(form.base === 8 && digits.startsWith('0')) ? form.prefix + digits : digits;
  return padBlank(sign + (verb === 'O' ? '0o' : '') + prefixed, directive);
};

const signOf = (sign: string, { plus, space }: Directive): string => {
  if (sign === '-' || plus) return sign;
  return space ? ' ' : '';
};

const unicode = (number: bigint, directive: Directive): string => {
  const code = BigInt.asUintN(64, number);
  const digits = code
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(4, directive.precision ?? 0), '0');
  const shown = directive.sharp && code <= 0x10ffffn && isPrintable(rune(code)) ? ` '${rune(code)}'` : '';
  return padBlank(`U+${digits}${shown}`, directive);
};

const rune = (code: bigint): string => {
  const valid = code >= 0n && code <= 0x10ffffn && !(code >= 0xd800n && code <= 0xdfffn);
  return String.fromCodePoint(valid ? Number(code) : 0xfffd);
};

const floatVerbs: Record<string, string> = { v: 'g', F: 'f' };

const formatFloatVerb = (directive: Directive, value: Value): string | undefined => {
  const { verb, precision, width, zero, minus, plus, space } = directive;
  if (!/^[vbgGxXfFeE]$/.test(verb)) return undefined;
  const form = floatVerbs[verb] ?? verb;
  const number = value instanceof GoFloat ? value.value : 0;
  const text = floatText(number, form, precision);
  if (Number.isNaN(number))
    return padBlank(plus || space ? signOf('+', directive) + text.slice(1) : text.slice(1), directive);
  const sign = signOf(text.slice(0, 1), directive);
  if (!Number.isFinite(number)) return padBlank(sign + text.slice(1), directive);
  const digits = directive.sharp && form !== 'b' ? withPoint(text.slice(1), form, precision) : text.slice(1);
  const missing = (width ?? 0) - digits.length - 1;
  if (sign !== '' && zero && !minus && missing > 0) return sign + '0'.repeat(missing) + digits;
  return pad(sign + digits, directive);
};

/** The flag # keeps the point, and the zeros behind it. */
const withPoint = (text: string, verb: string, precision: number | undefined): string => {
  const at = text.search(/^0x/i.test(text) ? /p/i : /e/i);
  const [number, tail] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at)];
  const counted = ['g', 'G', 'x'].includes(verb) ? (precision ?? 6) : 0;
  const significant = number.replace('.', '').replace(/^0+/, '').length;
  const lone = !number.includes('.') && number === '0' ? 1 : 0;
  const missing = Math.max(0, counted - significant - lone);
  return number + (number.includes('.') ? '' : '.') + '0'.repeat(missing) + tail;
};

const formatters: Partial<Record<string, (directive: Directive, value: Value) => string | undefined>> = {
  bool: formatBool,
  string: formatString,
  int: formatInteger,
  float: formatFloatVerb,
};
