import type { KubeObject } from '@backstay/shared';
import { ensureObject, isObject, type JsonObject } from '../json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import { definition } from '../schema/built-in-schemas.ts';
import { decodeBuiltIn } from '../schema/decode.ts';
import { applyDefaults } from '../schema/defaults.ts';
import { prune } from '../schema/prune.ts';
import type { Schema } from '../schema/schema.ts';
import { badRequest } from './api-error.ts';

const metaSchema = (): Schema => definition('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');

/** Drops what the kind does not know, in place, and returns the dropped paths. ApiError 400 for a member of a wrong type. */
export function decodeObject(kind: Kind, object: JsonObject): string[] {
  const unknown = prune(object, kind.schema);
  const metadata = ensureObject(object, 'metadata');
  const wrong = kind.custom
    ? decodeBuiltIn(metadata, metaSchema(), 'ObjectMeta')
    : decodeBuiltIn(object, kind.schema, kind.kind);
  if (wrong) {
    throw badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${wrong}`);
  }
  delete metadata['selfLink'];
  object['apiVersion'] = apiVersionOf(kind);
  object['kind'] = kind.kind;
  return unknown;
}

export function fillDefaults(kind: Kind, object: JsonObject): void {
  if (kind.custom) applyDefaults(object, kind.schema);
  kind.strategy.defaults?.(object);
}

const first = ['apiVersion', 'kind', 'metadata', 'spec'];

/** With members in the order in which people expect them. */
export function inOrder(object: KubeObject): KubeObject {
  const ordered: JsonObject = {};
  for (const name of first) if (object[name] !== undefined) ordered[name] = object[name];
  for (const [name, value] of Object.entries(object))
    if (!first.includes(name) && value !== undefined) ordered[name] = value;
  ordered['metadata'] = Object.fromEntries(
    Object.entries(isObject(object.metadata) ? object.metadata : {}).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return ordered as unknown as KubeObject;
}
