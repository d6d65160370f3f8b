import { isObject, type JsonObject } from '../json.ts';
import { keepsUnknown, memberSchema, type Schema } from './schema.ts';

const typeMembers = new Set(['apiVersion', 'kind', 'metadata']);

/** Removes, in place, the members that `schema` does not know. Returns their paths, as `spec.containers[0].foo`. */
export function prune(value: unknown, schema: Schema, path = ''): string[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.flatMap((item, index) => prune(item, items, `${path}[${index}]`)) : [];
  }
  return isObject(value) ? pruneObject(value, schema, path) : [];
}

function pruneObject(value: JsonObject, schema: Schema, path: string): string[] {
  const unknown: string[] = [];
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  for (const [name, member] of Object.entries(value)) {
    const place = path === '' ? name : `${path}.${name}`;
    const known = memberSchema(schema, name);
    if (known) unknown.push(...prune(member, known, place));
    else if (!keepsUnknown(schema) && !(embedded && typeMembers.has(name))) {
      delete value[name];
      unknown.push(place);
    }
  }
  return unknown;
}
