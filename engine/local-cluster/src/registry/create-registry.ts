import type { KubeObject } from '@backstay/shared';
import { type Clock, systemClock } from '../clock.ts';
import { CrdLifecycle } from '../crds/crd-lifecycle.ts';
import { NamespaceLifecycle } from '../namespaces/namespace-lifecycle.ts';
import { ObjectStore } from '../store/object-store.ts';
import { KindTable } from './kind-table.ts';
import { ObjectRegistry } from './object-registry.ts';

export interface CreateRegistryOptions {
  /** SQLite file, made when it is missing; `:memory:` keeps nothing. */
  databaseFile: string;
  clock?: Clock;
  historyLength?: number;
  /** Told of what a subscriber threw; the write itself has succeeded. */
  onListenerError?: (error: unknown) => void;
}

export type ClusterRegistry = ObjectRegistry & { close(): void };

/** Opens the objects of the cluster, with the namespaces that every cluster has. */
export function createRegistry(options: CreateRegistryOptions): ClusterRegistry {
  const { databaseFile, clock = systemClock, historyLength, onListenerError = rethrow } = options;
  const store = new ObjectStore({ databaseFile, ...(historyLength === undefined ? {} : { historyLength }) });
  const registry = new ObjectRegistry({ store, kinds: new KindTable(), clock, onListenerError });
  const lifecycles = [new CrdLifecycle(registry), new NamespaceLifecycle(registry)];
  for (const name of ['default', 'kube-system', 'kube-public']) ensureNamespace(registry, name);
  const close = () => {
    for (const lifecycle of lifecycles) lifecycle.stop();
    store.close();
  };
  return Object.assign(registry, { close });
}

const rethrow = (error: unknown) => {
  queueMicrotask(() => {
    throw error;
  });
};

function ensureNamespace(registry: ObjectRegistry, name: string): void {
  const resource = { group: '', version: 'v1', plural: 'namespaces' };
  if (registry.get(resource, undefined, name)) return;
  const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  registry.create(resource, namespace);
}
