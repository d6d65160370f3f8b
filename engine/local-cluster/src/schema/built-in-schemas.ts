import { isObject } from '../json.ts';
import { builtInSchemas } from './built-in-schemas.gen.ts';
import type { Schema } from './schema.ts';

let linked: Record<string, Schema> | undefined;

/** Kubernetes' own definitions by full name, with every reference replaced by the schema it names. Shared: never change one. */
export function definitions(): Record<string, Schema> {
  linked ??= link(rawDefinitions());
  return linked;
}

/** The same, with `$ref` by bare name kept: what the OpenAPI documents are made from. A new copy at each call. */
export const rawDefinitions = (): Record<string, Schema> => JSON.parse(builtInSchemas) as Record<string, Schema>;

export function definition(name: string): Schema {
  const found = definitions()[name];
  if (!found) throw new Error(`no schema named ${name}`);
  return found;
}

function link(all: Record<string, Schema>): Record<string, Schema> {
  const resolve = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(resolve);
    if (!isObject(node)) return node;
    for (const [key, value] of Object.entries(node)) node[key] = resolve(value);
    const reference = node['$ref'];
    if (typeof reference !== 'string') return node;
    const { $ref: _, ...siblings } = node;
    return Object.keys(siblings).length === 0 ? all[reference] : { ...all[reference], ...siblings };
  };
  for (const schema of Object.values(all)) resolve(schema);
  return all;
}
