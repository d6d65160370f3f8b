import type { KubeObject } from '@backstay/shared';
import { isObject, type JsonObject, stringAt } from '../json.ts';
import { apiVersionOf } from '../kinds/kind.ts';
import { badRequest, invalid, invalidValue } from '../registry/api-error.ts';
import type { ObjectRegistry } from '../registry/object-registry.ts';
import { objectBody, readBody } from './body.ts';
import { fieldManager, isDryRun, type ResourceExchange } from './exchange.ts';
import { checkFields } from './field-validation.ts';
import { projectorFor } from './projector.ts';
import { sendJson } from './respond.ts';

export async function handleCreate(exchange: ResourceExchange, registry: ObjectRegistry): Promise<void> {
  const { kind, query } = exchange;
  const object = await readObject(exchange);
  const dryRun = isDryRun(query);
  const created = registry.create(kind, object, {
    dryRun,
    manager: fieldManager(exchange),
    admit: admitting(exchange),
  });
  send(exchange, registry, { status: 201, object: created });
}

export async function handleUpdate(
  exchange: ResourceExchange,
  registry: ObjectRegistry,
  subresource?: 'status',
): Promise<void> {
  const { kind, query, name } = exchange;
  const object = await readObject(exchange);
  object.metadata.name ??= name;
  if (object.metadata.name !== name) {
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  }
  // Built-in kinds may be replaced without a version; a custom resource may not.
  if (kind.custom && !object.metadata.resourceVersion) throw mustHaveVersion(exchange);
  const options = {
    dryRun: isDryRun(query),
    manager: fieldManager(exchange),
    admit: admitting(exchange),
    ...(subresource ? { subresource } : {}),
  };
  send(exchange, registry, { status: 200, object: registry.update(kind, object, options) });
}

const mustHaveVersion = ({ kind, name }: ResourceExchange) =>
  invalid(kind, name, [invalidValue('metadata.resourceVersion', 0, 'must be specified for an update')]);

/** The object of the body, of the kind and in the namespace that the path names. */
async function readObject(exchange: ResourceExchange): Promise<KubeObject> {
  const body = await readBody(exchange.request);
  const object = objectBody(body);
  checkFields(exchange, exchange.kind, { object, duplicates: body.duplicates });
  return addressed(exchange, object);
}

export function addressed({ kind, namespace }: ResourceExchange, object: JsonObject): KubeObject {
  const expected = apiVersionOf(kind);
  const apiVersion = stringAt(object, 'apiVersion');
  const kindName = stringAt(object, 'kind');
  if (apiVersion !== undefined && apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  if (kindName !== undefined && kindName !== kind.kind) {
    throw badRequest(`the kind in the data (${kindName}) does not match the expected kind (${kind.kind})`);
  }
  if (kind.custom && (apiVersion === undefined || kindName === undefined)) {
    throw badRequest(`Object 'Kind' is missing in the data of a ${kind.kind}`);
  }
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  object['metadata'] = metadata;
  if (kind.namespaced) {
    metadata['namespace'] ||= namespace;
    if (metadata['namespace'] !== namespace) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
    }
  }
  return object as unknown as KubeObject;
}

export const admitting =
  ({ kind, admit }: ResourceExchange) =>
  (object: KubeObject): void =>
    admit(kind, object);

export function send(
  exchange: ResourceExchange,
  registry: ObjectRegistry,
  { status, object }: { status: number; object: KubeObject },
): void {
  sendJson(exchange, status, projectorFor(exchange, registry.clock.now().getTime()).one(object));
}
