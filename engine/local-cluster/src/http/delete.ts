import type { KubeObject } from '@backstay/shared';
import { isObject, objectAt, stringAt } from '../json.ts';
import { ApiError, unsupportedValue } from '../registry/api-error.ts';
import type { ObjectRegistry } from '../registry/object-registry.ts';
import type { DeleteRequest } from '../registry/registry.ts';
import { parseFieldSelector, parseLabelSelector } from '../registry/selectors.ts';
import { readBody } from './body.ts';
import { integerParameter, isDryRun, optionsInvalid, type ResourceExchange } from './exchange.ts';
import { projectorFor } from './projector.ts';
import { sendJson } from './respond.ts';
import { send } from './write.ts';

const policies = ['Background', 'Foreground', 'Orphan'] as const;

async function readOptions(exchange: ResourceExchange): Promise<DeleteRequest & { dryRun: boolean }> {
  const { value } = await readBody(exchange.request, '{}');
  const body = isObject(value) ? value : {};
  const { query } = exchange;
  const policy = stringAt(body, 'propagationPolicy') ?? query.get('propagationPolicy') ?? orphanPolicy(body, query);
  const known = policies.find((name) => name === policy);
  if (policy && !known) {
    throw optionsInvalid('DeleteOptions', unsupportedValue('propagationPolicy', policy, policies));
  }
  const bodyGrace = body['gracePeriodSeconds'];
  const grace = typeof bodyGrace === 'number' ? bodyGrace : integerParameter(query, 'gracePeriodSeconds');
  const preconditions = objectAt(body, 'preconditions');
  const bodyDryRun = Array.isArray(body['dryRun']) && body['dryRun'].includes('All');
  return {
    dryRun: bodyDryRun || isDryRun(query),
    ...(known ? { propagationPolicy: known } : {}),
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    ...(preconditions ? { preconditions: preconditions as { uid?: string; resourceVersion?: string } } : {}),
  };
}

function orphanPolicy(body: Record<string, unknown>, query: URLSearchParams): string | undefined {
  const orphan = body['orphanDependents'] ?? query.get('orphanDependents');
  if (orphan === undefined || orphan === null) return undefined;
  return orphan === true || orphan === 'true' ? 'Orphan' : 'Background';
}

export async function handleDelete(exchange: ResourceExchange, registry: ObjectRegistry): Promise<void> {
  const { kind, name, namespace } = exchange;
  const options = await readOptions(exchange);
  const object = registry.delete(kind, { name, ...(namespace ? { namespace } : {}) }, options);
  // An object that waits (for finalizers, a grace period, its content) is sent back; of one that is gone, only that it is.
  const waits =
    object.metadata.deletionTimestamp !== undefined || kind.plural === 'pods' || kind.plural === 'namespaces';
  const stays = registry.get(kind, namespace, name) !== undefined && !options.dryRun;
  if (waits && (stays || kind.plural === 'pods' || kind.plural === 'namespaces')) {
    send(exchange, registry, { status: 200, object });
    return;
  }
  sendJson(exchange, 200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name,
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.plural,
      uid: object.metadata.uid,
    },
  });
}

export async function handleDeleteCollection(exchange: ResourceExchange, registry: ObjectRegistry): Promise<void> {
  const { kind, query, namespace } = exchange;
  const options = await readOptions(exchange);
  const labels = parseLabelSelector(query.get('labelSelector') ?? undefined);
  const fields = parseFieldSelector(kind, query.get('fieldSelector') ?? undefined);
  const chosen = registry
    .list(kind, namespace ? { namespace } : {})
    .items.filter((object) => (labels?.(object) ?? true) && (fields?.matches(object) ?? true));
  const items = chosen.map((object) => deleteOne(registry, { exchange, object, options }));
  const projector = projectorFor(exchange, registry.clock.now().getTime());
  sendJson(exchange, 200, projector.list(items, { resourceVersion: String(registry.store.revision) }));
}

function deleteOne(
  registry: ObjectRegistry,
  { exchange, object, options }: { exchange: ResourceExchange; object: KubeObject; options: DeleteRequest },
): KubeObject {
  const { name, namespace } = object.metadata;
  try {
    return registry.delete(exchange.kind, { name, ...(namespace ? { namespace } : {}) }, options);
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return object;
    throw error;
  }
}
