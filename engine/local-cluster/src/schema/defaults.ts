import { cloneJson, isObject, type JsonObject } from '../json.ts';
import { memberSchema, type Schema } from './schema.ts';

/** Fills in place what a custom resource left out and its schema has a default for. */
export function applyDefaults(value: unknown, schema: Schema): void {
  const { items } = schema;
  if (Array.isArray(value) && items) for (const item of value) applyDefaults(item, items);
  if (!isObject(value)) return;
  for (const [name, property] of Object.entries(schema.properties ?? {})) fill(value, name, property);
  for (const [name, member] of Object.entries(value)) {
    const known = memberSchema(schema, name);
    if (known) applyDefaults(member, known);
  }
}

function fill(object: JsonObject, name: string, property: Schema): void {
  const given = object[name];
  const absent = given === undefined || (given === null && property.nullable !== true);
  if (absent && property.default !== undefined) object[name] = cloneJson(property.default);
}
