import type { KubeObject } from '@backstay/shared';
import { applyObject } from '../apply/apply.ts';
import { cloneJson, isObject, type JsonObject } from '../json.ts';
import { applyJsonPatch } from '../patch/json-patch.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
import { applyStrategicPatch } from '../patch/strategic-merge-patch.ts';
import { ApiError, badRequest, invalid, notFound } from '../registry/api-error.ts';
import type { ObjectRegistry } from '../registry/object-registry.ts';
import { type Body, mediaType, objectBody, parseJson, parseYaml, readText } from './body.ts';
import { fieldManager, isDryRun, isTrue, type ResourceExchange } from './exchange.ts';
import { checkFields } from './field-validation.ts';
import { addressed, admitting, send } from './write.ts';

const types = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

export async function handlePatch(
  exchange: ResourceExchange,
  registry: ObjectRegistry,
  subresource?: 'status',
): Promise<void> {
  const { kind, request } = exchange;
  const type = mediaType(request);
  const offered: string[] = kind.custom
    ? [types.json, types.merge, types.apply]
    : [types.json, types.merge, types.strategic, types.apply];
  if (!offered.includes(type)) {
    throw new ApiError(415, 'UnsupportedMediaType', {
      message: `the body of the request was in an unknown format - accepted media types include: ${offered.join(', ')}`,
    });
  }
  const text = await readText(request);
  if (type === types.apply) {
    await apply(exchange, registry, { body: await parseYaml(text), ...(subresource ? { subresource } : {}) });
    return;
  }
  if (exchange.query.has('force')) throw forceRefused(exchange);
  const old = registry.get(kind, exchange.namespace, exchange.name);
  if (!old) throw notFound(kind, exchange.name);
  const body = parseJson(text);
  const next = patched(exchange, { type, old, patch: body.value });
  checkFields(exchange, kind, { object: cloneJson(next), duplicates: body.duplicates });
  const object = addressed(exchange, next);
  if (object.metadata.name !== exchange.name) throw renamed(exchange, object);
  const options = {
    dryRun: isDryRun(exchange.query),
    manager: fieldManager(exchange),
    admit: admitting(exchange),
    ...(subresource ? { subresource } : {}),
  };
  send(exchange, registry, { status: 200, object: registry.update(kind, object, options) });
}

const renamed = ({ name }: ResourceExchange, object: KubeObject) =>
  badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);

const forceRefused = ({ kind }: ResourceExchange) =>
  invalid({ ...kind, group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
    { reason: 'FieldValueForbidden', message: 'Forbidden: may not be specified for non-apply patch', field: 'force' },
  ]);

function patched(
  { kind }: ResourceExchange,
  { type, old, patch }: { type: string; old: KubeObject; patch: unknown },
): JsonObject {
  if (type !== types.json && !isObject(patch)) throw badRequest('the patch must be an object');
  const result = patchedValue({ type, old, patch, schema: kind.schema });
  if (!isObject(result)) throw badRequest('the patch leaves no object');
  return cloneJson(result);
}

function patchedValue(step: {
  type: string;
  old: KubeObject;
  patch: unknown;
  schema: ResourceExchange['kind']['schema'];
}) {
  const { type, old, patch, schema } = step;
  if (type === types.json) return applyJsonPatch(old, patch);
  return type === types.merge ? applyMergePatch(old, patch) : applyStrategicPatch(old, patch, schema);
}

async function apply(
  exchange: ResourceExchange,
  registry: ObjectRegistry,
  { body, subresource }: { body: Body; subresource?: 'status' },
): Promise<void> {
  const { kind, query, namespace, name } = exchange;
  const config = objectBody(body);
  const manager = query.get('fieldManager');
  if (!manager) throw managerMissing(exchange);
  fieldManager(exchange);
  checkFields(exchange, kind, { object: config, duplicates: body.duplicates });
  const object = addressed(exchange, config);
  object.metadata.name ??= name;
  if (object.metadata.name !== name) {
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  }
  if (object.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  const result = applyObject(registry, {
    kind,
    namespace,
    name,
    config: object as unknown as JsonObject,
    manager,
    force: isTrue(query, 'force'),
    dryRun: isDryRun(query),
    admit: admitting(exchange),
    ...(subresource ? { subresource } : {}),
  });
  send(exchange, registry, { status: result.created ? 201 : 200, object: result.object });
}

const managerMissing = ({ kind }: ResourceExchange) =>
  invalid({ ...kind, group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
    { reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field: 'fieldManager' },
  ]);
