import { isObject, type JsonObject } from '../json.ts';
import { memberSchema, type Schema } from './schema.ts';

/**
 * Brings the value of a built-in kind into the form its Go type would have after decoding, in place: nulls, empty lists and
 * empty maps are absent. Returns the first member of a wrong type, or undefined.
 */
export function decodeBuiltIn(value: unknown, schema: Schema, path = ''): string | undefined {
  if (Array.isArray(value)) return decodeList(value, schema, path);
  if (isObject(value)) return decodeObject(value, schema, path);
  const wanted = wantedScalar(value, schema);
  return wanted === undefined ? undefined : mismatch(value, path, wanted);
}

function decodeList(value: unknown[], schema: Schema, path: string): string | undefined {
  const { items } = schema;
  if (!items) return schema.type === undefined ? undefined : mismatch(value, path, goType(schema));
  for (const [index, item] of value.entries()) {
    const wrong = decodeBuiltIn(item, items, `${path}[${index}]`);
    if (wrong) return wrong;
  }
  return undefined;
}

function decodeObject(value: JsonObject, schema: Schema, path: string): string | undefined {
  if (schema.type !== undefined && schema.type !== 'object') return mismatch(value, path, goType(schema));
  for (const [name, member] of Object.entries(value)) {
    const known = memberSchema(schema, name);
    if (!known) continue;
    const wrong = member === null ? undefined : decodeBuiltIn(member, known, path === '' ? name : `${path}.${name}`);
    if (wrong) return wrong;
    if (isEmpty(member, known)) delete value[name];
  }
  return undefined;
}

const isEmpty = (value: unknown, schema: Schema): boolean =>
  value === null ||
  value === undefined ||
  (Array.isArray(value) && value.length === 0 && schema.type === 'array') ||
  (isObject(value) && schema.additionalProperties !== undefined && Object.keys(value).length === 0);

function wantedScalar(value: unknown, schema: Schema): string | undefined {
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' ? undefined : goType(schema);
    case 'integer':
      return Number.isInteger(value) ? undefined : goType(schema);
    case 'number':
      return typeof value === 'number' ? undefined : goType(schema);
    case 'boolean':
      return typeof value === 'boolean' ? undefined : goType(schema);
    case 'array':
    case 'object':
      return goType(schema);
    default:
      return undefined;
  }
}

const goTypes: Record<string, string> = { boolean: 'bool', object: 'object', array: 'slice', number: 'float64' };
const goType = ({ type = '', format }: Schema): string =>
  type === 'integer' ? (format ?? 'int') : (goTypes[type] ?? type);

const jsonName = (value: unknown): string => {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
};
const mismatch = (value: unknown, path: string, wanted: string) =>
  `json: cannot unmarshal ${jsonName(value)} into Go struct field ${path} of type ${wanted}`;
