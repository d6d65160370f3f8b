import { clusterRoutes, resourceTypes } from '@backstay/shared';
import type { Endpoints } from '../../http/handle.ts';
import type { Access } from '../../identity/access.ts';
import type { Identity } from '../../identity/identity.ts';
import type { ClusterCaches } from '../../kubernetes/cluster-caches.ts';

export interface ClusterParts {
  access: Access;
  caches: Pick<ClusterCaches, 'namespaces'>;
}

export function addClusterRoutes(endpoints: Endpoints, parts: ClusterParts): void {
  endpoints.add(clusterRoutes.listNamespaces, async ({ identity }) => ({ items: await namespaces(parts, identity) }));
  endpoints.add(clusterRoutes.listSecrets, async ({ identity, params }) => {
    const client = parts.access.clientOf(identity);
    const { items } = await client.list(resourceTypes.secrets, { namespace: params.namespace });
    return {
      items: items
        .map((secret) => ({ name: secret.metadata.name, keys: Object.keys(secret.data ?? {}).toSorted() }))
        .toSorted((a, b) => a.name.localeCompare(b.name)),
    };
  });
}

async function namespaces({ access, caches }: ClusterParts, identity: Identity): Promise<string[]> {
  const names = caches.namespaces
    .list()
    .map((namespace) => namespace.metadata.name)
    .toSorted();
  if (await access.mayI(identity, { verb: 'list', resource: 'namespaces' })) return names;
  const scope = await access.scope(identity, { verb: 'list', group: 'riotkit.org', resource: 'scheduledbackups' });
  return scope === 'all' ? names : names.filter((name) => scope.has(name));
}
