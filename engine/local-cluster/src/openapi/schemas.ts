import { isObject, type JsonObject } from '../json.ts';
import type { Kind } from '../kinds/kind.ts';
import { rawDefinitions } from '../schema/built-in-schemas.ts';
import type { Schema } from '../schema/schema.ts';

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** The definitions of kinds and of all that they refer to. */
export function schemasOf(kinds: readonly Kind[], refPrefix: string): Record<string, unknown> {
  const all = rawDefinitions();
  const chosen = new Map<string, unknown>();
  const visit = (name: string) => {
    const schema = all[name];
    if (chosen.has(name) || !schema) return;
    chosen.set(name, schema);
    for (const reference of references(schema)) visit(reference);
  };
  for (const kind of kinds) {
    if (kind.custom) {
      chosen.set(kind.definitionName, customSchema(kind));
      visit(objectMeta);
    } else visit(kind.definitionName);
  }
  for (const kind of kinds) {
    const { group, version } = kind;
    const schema = chosen.get(kind.definitionName);
    if (isObject(schema)) schema['x-kubernetes-group-version-kind'] = [{ group, version, kind: kind.kind }];
  }
  return Object.fromEntries([...chosen].map(([name, schema]) => [name, prefixed(schema, refPrefix)]));
}

function* references(value: unknown): Iterable<string> {
  if (Array.isArray(value)) for (const item of value) yield* references(item);
  else if (isObject(value)) {
    if (typeof value['$ref'] === 'string') yield value['$ref'];
    for (const member of Object.values(value)) yield* references(member);
  }
}

function prefixed(value: unknown, refPrefix: string): unknown {
  if (Array.isArray(value)) return value.map((item) => prefixed(item, refPrefix));
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    out[name] = name === '$ref' && typeof member === 'string' ? `${refPrefix}${member}` : prefixed(member, refPrefix);
  }
  return out;
}

const typeMember = (description: string): Schema => ({ type: 'string', description });

function customSchema({ schema }: Kind): Schema {
  return {
    ...schema,
    properties: {
      ...schema.properties,
      apiVersion: typeMember('The group and version of the schema of this object.'),
      kind: typeMember('The kind of this object.'),
      metadata: { $ref: objectMeta },
    },
  };
}
