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

interface Element {
  value: unknown;
  schema?: Schema;
}

const element = (value: unknown, schema: Schema | undefined): Element => (schema ? { value, schema } : { value });

/** The members of an object or the items of a set or map list, by FieldsV1 path element. */
export function elementsOf(value: unknown, schema: Schema | undefined): Map<string, Element> {
  if (Array.isArray(value)) {
    return new Map(value.map((item) => [itemElement(item, schema), element(item, schema?.items)]));
  }
  const members = Object.entries(isObject(value) ? value : {}).filter(([, member]) => member !== undefined);
  return new Map(members.map(([name, member]) => [`f:${name}`, element(member, memberSchema(schema, name))]));
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
