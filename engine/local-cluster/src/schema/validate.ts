import { isObject, type JsonObject } from '../json.ts';
import { type Cause, duplicateValue, invalidValue, requiredValue } from '../registry/api-error.ts';
import { isFormatted } from './formats.ts';
import { memberSchema, type Schema } from './schema.ts';

/** What is wrong with a custom resource, worded as Kubernetes does. */
export function validateSchema(value: unknown, schema: Schema, path = ''): Cause[] {
  if (value === null) return schema.nullable === true ? [] : [typeCause(value, schema, path)];
  if (!hasType(value, schema)) return [typeCause(value, schema, path)];
  const causes = [...valueCauses(value, schema, path), ...logicCauses(value, schema, path)];
  if (typeof value === 'string') causes.push(...stringCauses(value, schema, path));
  if (typeof value === 'number') causes.push(...numberCauses(value, schema, path));
  if (Array.isArray(value)) causes.push(...listCauses(value, schema, path));
  else if (isObject(value)) causes.push(...objectCauses(value, schema, path));
  return causes;
}

function hasType(value: unknown, schema: Schema): boolean {
  if (schema['x-kubernetes-int-or-string'] === true) return Number.isInteger(value) || typeof value === 'string';
  switch (schema.type) {
    case 'object':
      return isObject(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'boolean':
      return typeof value === 'boolean';
    default:
      return true;
  }
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typeCause(value: unknown, schema: Schema, path: string): Cause {
  const wanted = schema['x-kubernetes-int-or-string'] === true ? 'integer,string' : schema.type;
  const name = typeName(value);
  return {
    ...invalidValue(path, name, `${path} in body must be of type ${wanted}: "${name}"`),
    reason: 'FieldValueTypeInvalid',
  };
}

const inBody = (path: string, value: unknown, what: string): Cause =>
  invalidValue(path, value, `${path} in body ${what}`);

function valueCauses(value: unknown, schema: Schema, path: string): Cause[] {
  if (!schema.enum || schema.enum.some((allowed) => JSON.stringify(allowed) === JSON.stringify(value))) return [];
  const supported = schema.enum.map((allowed) => JSON.stringify(allowed)).join(', ');
  return [
    {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`,
      field: path,
    },
  ];
}

function stringCauses(value: string, schema: Schema, path: string): Cause[] {
  const causes: Cause[] = [];
  const length = [...value].length;
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${schema.maxLength} bytes`,
      field: path,
    });
  }
  if (schema.minLength !== undefined && length < schema.minLength) {
    causes.push(inBody(path, value, `should be at least ${schema.minLength} chars long`));
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) {
    causes.push(inBody(path, value, `should match '${schema.pattern}'`));
  }
  if (schema.format !== undefined && !isFormatted(value, schema.format)) {
    causes.push(inBody(path, value, `must be of type ${schema.format}: ${JSON.stringify(value)}`));
  }
  return causes;
}

function numberCauses(value: number, schema: Schema, path: string): Cause[] {
  const causes: Cause[] = [];
  const { minimum, maximum, multipleOf, exclusiveMinimum, exclusiveMaximum } = schema;
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    causes.push(inBody(path, value, `should be greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`));
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    causes.push(inBody(path, value, `should be less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`));
  }
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) {
    causes.push(inBody(path, value, `should be a multiple of ${multipleOf}`));
  }
  return causes;
}

function listCauses(value: unknown[], schema: Schema, path: string): Cause[] {
  const causes: Cause[] = [];
  const { items, minItems, maxItems } = schema;
  if (minItems !== undefined && value.length < minItems) {
    causes.push(inBody(path, value.length, `should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && value.length > maxItems) causes.push(tooMany(path, value.length, maxItems));
  if (items) causes.push(...value.flatMap((item, index) => validateSchema(item, items, `${path}[${index}]`)));
  return [...causes, ...duplicateItems(value, schema, path)];
}

const tooMany = (field: string, count: number, limit: number): Cause => ({
  reason: 'FieldValueTooMany',
  message: `Too many: ${count}: must have at most ${limit} items`,
  field,
});

function duplicateItems(value: unknown[], schema: Schema, path: string): Cause[] {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'set' && listType !== 'map') return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const seen = new Set<string>();
  return value.flatMap((item, index) => {
    const key =
      listType === 'set'
        ? item
        : Object.fromEntries(keys.map((name) => [name, isObject(item) ? (item[name] ?? null) : null]));
    const text = JSON.stringify(key);
    if (seen.has(text)) return [duplicateValue(`${path}[${index}]`, key)];
    seen.add(text);
    return [];
  });
}

function objectCauses(value: JsonObject, schema: Schema, path: string): Cause[] {
  const causes: Cause[] = [];
  const count = Object.keys(value).length;
  const child = (name: string) => (path === '' ? name : `${path}.${name}`);
  for (const name of schema.required ?? []) if (value[name] === undefined) causes.push(requiredValue(child(name)));
  if (schema.minProperties !== undefined && count < schema.minProperties) {
    causes.push(inBody(path, count, `should have at least ${schema.minProperties} properties`));
  }
  if (schema.maxProperties !== undefined && count > schema.maxProperties) {
    causes.push(tooMany(path, count, schema.maxProperties));
  }
  for (const [name, member] of Object.entries(value)) {
    const known = memberSchema(schema, name);
    if (known && member !== undefined) causes.push(...validateSchema(member, known, child(name)));
  }
  return causes;
}

function logicCauses(value: unknown, schema: Schema, path: string): Cause[] {
  const fits = (candidate: Schema) => validateSchema(value, candidate, path).length === 0;
  const causes = (schema.allOf ?? []).flatMap((part) => validateSchema(value, part, path));
  const refuse = (what: string) => causes.push(inBody(path, value, what));
  if (schema.anyOf && !schema.anyOf.some(fits)) refuse('must validate at least one schema (anyOf)');
  if (schema.oneOf && schema.oneOf.filter(fits).length !== 1) refuse('must validate one and only one schema (oneOf)');
  if (schema.not && fits(schema.not)) refuse('must not validate the schema (not)');
  return causes;
}
