import { cloneJson, isObject } from '../json.ts';
import { memberSchema, type Schema } from './schema.ts';

/** Fills in place what a custom resource left out and its schema has a default for. */
export function applyDefaults(value: unknown, schema: Schema): void {
  if (Array.isArray(value)) {
    if (schema.items) for (const item of value) applyDefaults(item, schema.items);
    return;
  }
  if (!isObject(value)) return;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined) continue;
    const given = value[name];
    if (given === undefined || (given === null && property.nullable !== true))
      value[name] = cloneJson(property.default);
  }
  for (const [name, member] of Object.entries(value)) {
    const known = memberSchema(schema, name);
    if (known) applyDefaults(member, known);
  }
}
