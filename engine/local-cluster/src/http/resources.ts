import type { ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import type { PodLogs } from '../pods/pod-logs.ts';
import { ApiError, methodNotAllowed, notFound, pageNotFound, resourceName } from '../registry/api-error.ts';
import type { ObjectRegistry } from '../registry/object-registry.ts';
import { handleDelete, handleDeleteCollection } from './delete.ts';
import { type Exchange, isTrue, type ResourceExchange } from './exchange.ts';
import { handleList } from './list.ts';
import { handlePatch } from './patch.ts';
import { handleLog, handleScale, handleTokenRequest } from './subresources.ts';
import { WatchSession } from './watch.ts';
import { handleCreate, handleUpdate, send } from './write.ts';

export interface ResourceParts {
  registry: ObjectRegistry;
  logs: PodLogs;
  accountTokens: ServiceAccountTokens;
}

/** Serves one request about stored objects. */
export async function handleResource(exchange: Exchange, parts: ResourceParts): Promise<void> {
  const { info } = exchange;
  const kind = parts.registry.kinds.find({ group: info.group, version: info.version, plural: info.resource });
  if (!kind) throw pageNotFound();
  const namespace = kind.namespaced ? info.namespace || undefined : undefined;
  if (!kind.namespaced && info.namespace !== '' && kind.plural !== 'namespaces') throw pageNotFound();
  const resource: ResourceExchange = { ...exchange, kind, namespace, name: info.name };
  if (info.subresource !== '') await handleSubresource(resource, parts);
  else if (info.name === '') await handleCollection(resource, parts.registry);
  else await handleOne(resource, parts.registry);
}

async function handleCollection(exchange: ResourceExchange, registry: ObjectRegistry): Promise<void> {
  const { method, kind, namespace, query } = exchange;
  const addressed = !kind.namespaced || namespace !== undefined;
  if (method === 'GET') {
    if (isTrue(query, 'watch')) new WatchSession(exchange, registry).start();
    else handleList(exchange, registry);
  } else if (method === 'POST' && addressed) await handleCreate(exchange, registry);
  else if (method === 'DELETE' && addressed && kind.plural !== 'namespaces')
    await handleDeleteCollection(exchange, registry);
  else throw methodNotAllowed();
}

async function handleOne(exchange: ResourceExchange, registry: ObjectRegistry): Promise<void> {
  const { kind, namespace, name, query } = exchange;
  if (kind.namespaced && namespace === undefined) throw pageNotFound();
  switch (exchange.method) {
    case 'GET': {
      if (isTrue(query, 'watch')) {
        new WatchSession(exchange, registry).start();
        return;
      }
      const object = registry.get(kind, namespace, name);
      if (!object) throw notFound(kind, name);
      send(exchange, registry, { status: 200, object });
      return;
    }
    case 'PUT':
      return await handleUpdate(exchange, registry);
    case 'PATCH':
      return await handlePatch(exchange, registry);
    case 'DELETE':
      return await handleDelete(exchange, registry);
    default:
      throw methodNotAllowed();
  }
}

async function handleSubresource(exchange: ResourceExchange, parts: ResourceParts): Promise<void> {
  const { info, kind, method } = exchange;
  if (!kind.subresources.includes(info.subresource)) throw pageNotFound();
  const route = `${method} ${info.subresource}`;
  switch (route) {
    case 'GET status':
      return await handleOne(exchange, parts.registry);
    case 'PUT status':
      return await handleUpdate(exchange, parts.registry, 'status');
    case 'PATCH status':
      return await handlePatch(exchange, parts.registry, 'status');
    case 'GET log':
      return await handleLog(exchange, parts.registry, parts.logs);
    case 'POST token':
      return await handleTokenRequest(exchange, parts.registry, parts.accountTokens);
    case 'GET scale':
    case 'PUT scale':
    case 'PATCH scale':
      return await handleScale(exchange, parts.registry);
    case 'PUT finalize':
      throw new ApiError(403, 'Forbidden', {
        message: `${resourceName(kind)} "${info.name}" is forbidden: the cluster finalizes namespaces by itself`,
      });
    default:
      throw methodNotAllowed();
  }
}
