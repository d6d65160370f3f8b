import { isObject } from '../json.ts';
import { memberSchema, type Schema } from '../schema/schema.ts';

/** How a value is merged and owned: as a whole, member by member, as a set of scalars, or as items found by their keys. */
export type Shape = 'atomic' | 'object' | 'set' | 'map';

export function shapeOf(value: unknown, schema: Schema | undefined): Shape {
  if (Array.isArray(value)) {
    const type = schema?.['x-kubernetes-list-type'];
    return type === 'set' || type === 'map' ? type : 'atomic';
  }
  if (!isObject(value)) return 'atomic';
  return schema?.['x-kubernetes-map-type'] === 'atomic' ? 'atomic' : 'object';
}

/** The members of an object or the items of a set or map list, by FieldsV1 path element. */
export function elementsOf(
  value: unknown,
  schema: Schema | undefined,
): Map<string, { value: unknown; schema?: Schema }> {
  const out = new Map<string, { value: unknown; schema?: Schema }>();
  if (Array.isArray(value)) {
    for (const item of value)
      out.set(itemElement(item, schema), { value: item, ...(schema?.items ? { schema: schema.items } : {}) });
  } else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      const known = memberSchema(schema, name);
      if (member !== undefined) out.set(`f:${name}`, { value: member, ...(known ? { schema: known } : {}) });
    }
  }
  return out;
}

export function itemElement(item: unknown, schema: Schema | undefined): string {
  const keys = schema?.['x-kubernetes-list-map-keys'];
  if (!keys) return `v:${JSON.stringify(item)}`;
  const key: Record<string, unknown> = {};
  for (const name of [...keys].sort()) {
    const given = isObject(item) ? item[name] : undefined;
    const value = given ?? schema.items?.properties?.[name]?.default ?? (name === 'protocol' ? 'TCP' : undefined);
    if (value !== undefined) key[name] = value;
  }
  return `k:${JSON.stringify(key)}`;
}

/** True for a member that a schema's struct names, as opposed to one of a free map. */
export const isStructMember = (schema: Schema | undefined, element: string): boolean =>
  schema?.properties !== undefined && Object.hasOwn(schema.properties, element.slice(2));
