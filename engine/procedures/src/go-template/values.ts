/** A Go float64. Whole numbers are plain numbers (or bigints above 2^53), so that 1.0 and 1 stay apart as in Go. */
export class GoFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** What a template sees: the values that a YAML or JSON document can hold in Go. */
export type Value = null | boolean | string | number | bigint | GoFloat | readonly Value[] | ValueMap;
export type ValueMap = { readonly [key: string]: Value };

export type Kind = 'nil' | 'bool' | 'string' | 'int' | 'float' | 'list' | 'map';

const kindsByTypeof: Partial<Record<string, Kind>> = {
  boolean: 'bool',
  string: 'string',
  number: 'int',
  bigint: 'int',
};

export const kindOf = (value: Value): Kind => {
  if (value === null || value === undefined) return 'nil';
  if (value instanceof GoFloat) return 'float';
  if (Array.isArray(value)) return 'list';
  return kindsByTypeof[typeof value] ?? 'map';
};

const goTypes: Record<Kind, string> = {
  nil: '<nil>',
  bool: 'bool',
  string: 'string',
  int: 'int',
  float: 'float64',
  list: '[]interface {}',
  map: 'map[string]interface {}',
};

/** The name that Go prints for the type of a value. */
export const goType = (value: Value): string => goTypes[kindOf(value)];

export const isList = (value: Value): value is readonly Value[] => Array.isArray(value);
export const isMap = (value: Value): value is ValueMap => kindOf(value) === 'map';

const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Keys in the order in which Go prints and iterates maps. */
export const sortedKeys = (map: ValueMap): string[] => Object.keys(map).sort(compareBytes);

/** Go's idea of truth: not the zero value of the type. */
export const isTrue = (value: Value): boolean => {
  if (value === null || value === undefined) return false;
  if (value instanceof GoFloat) return value.value !== 0;
  if (isList(value)) return value.length > 0;
  if (isMap(value)) return Object.keys(value).length > 0;
  return typeof value === 'bigint' ? value !== 0n : Boolean(value);
};

/** Takes parsed JSON or YAML and returns what a template may see; numbers with a fraction become floats. */
export const toValue = (input: unknown): Value => {
  if (input === null || input === undefined) return null;
  if (input instanceof GoFloat) return input;
  if (typeof input === 'number') return Number.isSafeInteger(input) ? input : new GoFloat(input);
  if (typeof input === 'string' || typeof input === 'boolean' || typeof input === 'bigint') return input;
  if (Array.isArray(input)) return input.map(toValue);
  if (input instanceof Map) {
    return Object.fromEntries([...input].map(([key, value]) => [String(key), toValue(value)]));
  }
  if (typeof input === 'object') {
    return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, toValue(value)]));
  }
  return String(input);
};
