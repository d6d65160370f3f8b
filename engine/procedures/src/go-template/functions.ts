import { equalsAny, lessThan } from './compare.ts';
import { escapeHtml, escapeJs, escapeQuery } from './escapers.ts';
import { sprint, sprintln } from './format.ts';
import { sprintf } from './printf.ts';
import { ValueError } from './template-error.ts';
import { type GoFloat, goType, isList, isMap, isTrue, kindOf, type Value } from './values.ts';

/** A function that a template can call. `and` and `or` are not here: they evaluate their arguments one by one. */
export interface TemplateFunction {
  /** How many arguments it takes at least and at most. */
  readonly arity: readonly [number, number];
  /** Which argument, from 0, must be a map. Default: none. */
  readonly mapAt?: number;
  readonly call: (args: readonly Value[]) => Value;
}

const variadic = (least: number, call: (args: readonly Value[]) => Value): TemplateFunction => ({
  arity: [least, Number.POSITIVE_INFINITY],
  call,
});
const fixed = (count: number, call: (args: readonly Value[]) => Value): TemplateFunction => ({
  arity: [count, count],
  call,
});
const at = (args: readonly Value[], index: number): Value => args[index] ?? null;

const text = (value: Value): string => {
  if (typeof value === 'string') return value;
  throw new ValueError(
    value === null ? 'cannot assign nil to string' : `wrong type for value; expected string; got ${goType(value)}`,
  );
};

const position = (index: Value, length: number): number => {
  if (kindOf(index) === 'nil') throw new ValueError('cannot index slice/array with nil');
  if (kindOf(index) !== 'int') throw new ValueError(`cannot index slice/array with type ${goType(index)}`);
  const number = Number(index);
  if (number < 0 || number > length) throw new ValueError(`index out of range: ${String(index)}`);
  return number;
};

const indexOne = (item: Value, index: Value): Value => {
  if (isMap(item)) {
    if (typeof index !== 'string') throw new ValueError(`value has type ${goType(index)}; should be string`);
    return Object.hasOwn(item, index) ? (item[index] ?? null) : null;
  }
  const sequence = typeof item === 'string' ? Buffer.from(item) : item;
  if (!Buffer.isBuffer(sequence) && !isList(sequence as Value)) {
    if (item === null) throw new ValueError('index of nil pointer');
    throw new ValueError(`can't index item of type ${goType(item)}`);
  }
  const list = sequence as readonly Value[];
  const place = position(index, list.length);
  if (place >= list.length) throw new ValueError(`index out of range: ${place}`);
  return list[place] ?? null;
};

const index = (args: readonly Value[]): Value => {
  const [item = null, ...indexes] = args;
  if (item === null) throw new ValueError('index of untyped nil');
  return indexes.reduce<Value>(indexOne, item);
};

const slice = ([item = null, ...indexes]: readonly Value[]): Value => {
  if (item === null) throw new ValueError('slice of untyped nil');
  if (indexes.length > 3) throw new ValueError(`too many slice indexes: ${indexes.length}`);
  if (typeof item !== 'string' && !isList(item)) throw new ValueError(`can't slice item of type ${goType(item)}`);
  if (typeof item === 'string' && indexes.length === 3) throw new ValueError('cannot 3-index slice a string');
  const sequence = typeof item === 'string' ? Buffer.from(item) : item;
  const [from = 0, to = sequence.length, limit = sequence.length] = indexes.map((one) =>
    position(one, sequence.length),
  );
  if (from > to) throw new ValueError(`invalid slice index: ${from} > ${to}`);
  if (to > limit) throw new ValueError(`invalid slice index: ${to} > ${limit}`);
  const part = sequence.slice(from, to);
  return Buffer.isBuffer(part) ? part.toString('utf8') : (part as readonly Value[]);
};

const length = ([item = null]: readonly Value[]): Value => {
  if (typeof item === 'string') return Buffer.byteLength(item);
  if (isList(item)) return item.length;
  if (isMap(item)) return Object.keys(item).length;
  throw new ValueError(item === null ? 'len of nil pointer' : `len of type ${goType(item)}`);
};

const printed = (args: readonly Value[]): string => {
  const [only] = args;
  if (args.length === 1 && typeof only === 'string') return only;
  return sprint(args.map((arg) => (arg === null ? '<no value>' : arg)));
};

const isEmpty = (value: Value): boolean => value !== null && !isNumber(value) && !isTrue(value);
const isNumber = (value: Value): value is number | bigint | GoFloat => ['int', 'float'].includes(kindOf(value));

const hasKey = ([map = null, key = null]: readonly Value[]): Value => {
  if (!isMap(map)) throw new ValueError(`wrong type for value; expected map[string]interface {}; got ${goType(map)}`);
  return Object.hasOwn(map, text(key));
};

/** What unicode.IsSpace says: JavaScript counts the byte order mark as well, and leaves the next line out. */
const isSpace = (character: string | undefined): boolean =>
  character !== undefined && character !== '\ufeff' && /[\s\u0085]/.test(character);

/** strings.TrimSpace. Not by a regular expression for the end: on a long run of spaces within it takes quadratic time. */
const trimSpace = (value: string): string => {
  let [start, end] = [0, value.length];
  while (start < end && isSpace(value[start])) start++;
  while (end > start && isSpace(value[end - 1])) end--;
  return value.slice(start, end);
};

/** Go's own functions. */
export const builtInFunctions: Readonly<Record<string, TemplateFunction>> = {
  not: fixed(1, ([value = null]) => !isTrue(value)),
  len: fixed(1, length),
  index: variadic(1, index),
  slice: variadic(1, slice),
  print: variadic(0, sprint),
  printf: variadic(1, ([format = null, ...args]) => sprintf(text(format), args)),
  println: variadic(0, sprintln),
  html: variadic(0, (args) => escapeHtml(printed(args))),
  js: variadic(0, (args) => escapeJs(printed(args))),
  urlquery: variadic(0, (args) => escapeQuery(printed(args))),
  call: variadic(1, ([callee = null]) => {
    throw new ValueError(callee === null ? 'call of nil' : `non-function of type ${goType(callee)}`);
  }),
  eq: variadic(1, ([first = null, ...others]) => equalsAny(first, others)),
  ne: fixed(2, (args) => !equalsAny(at(args, 0), [at(args, 1)])),
  lt: fixed(2, (args) => lessThan(at(args, 0), at(args, 1))),
  le: fixed(2, (args) => lessThan(at(args, 0), at(args, 1)) || equalsAny(at(args, 0), [at(args, 1)])),
  gt: fixed(2, (args) => !lessThan(at(args, 0), at(args, 1)) && !equalsAny(at(args, 0), [at(args, 1)])),
  ge: fixed(2, (args) => !lessThan(at(args, 0), at(args, 1))),
};

/** The functions that backup templates may use besides. They are not Sprig's: see the procedure documentation. */
export const procedureFunctions: Readonly<Record<string, TemplateFunction>> = {
  replace: fixed(2, ([needle = null, subject = null]) => text(subject).replaceAll(text(needle), '')),
  findreplace: fixed(3, ([needle = null, replacement = null, subject = null]) => {
    const [before, after] = [text(needle), text(replacement)];
    return text(subject).replaceAll(before, () => after);
  }),
  trim: fixed(1, ([subject = null]) => trimSpace(text(subject))),
  hasKey: { ...fixed(2, hasKey), mapAt: 0 },
  default: fixed(2, ([fallback = null, value = null]) => (isEmpty(value) ? fallback : value)),
};
