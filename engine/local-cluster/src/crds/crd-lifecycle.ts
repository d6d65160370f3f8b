import type { KubeObject } from '@backstay/shared';
import { established } from '../kinds/custom-resource-definitions.ts';
import type { ObjectRegistry } from '../registry/object-registry.ts';

const definitions = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' };
const cleanup = 'customresourcecleanup.apiextensions.k8s.io';

/** Serves the instances of definitions as long as these exist, and removes the instances before a definition goes. */
export class CrdLifecycle {
  readonly #registry: ObjectRegistry;
  readonly #stops: (() => void)[];

  constructor(registry: ObjectRegistry) {
    this.#registry = registry;
    for (const crd of registry.list(definitions).items) this.#present(crd);
    this.#stops = [
      registry.subscribe(definitions, ({ type, object }) => {
        if (type === 'DELETED') registry.kinds.removeDefinition(object.metadata.name);
        else this.#present(object);
      }),
      registry.onChange(undefined, (change, storageKey) => {
        if (change.type === 'DELETED' && storageKey.includes('.')) this.#finishDeletion(storageKey);
      }),
    ];
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  #present(crd: KubeObject): void {
    this.#registry.kinds.setDefinition(crd);
    if (crd.metadata.deletionTimestamp !== undefined) {
      this.#removeInstances(crd);
      this.#finishDeletion(crd.metadata.name);
      return;
    }
    const next = established(crd);
    const held = crd.metadata.finalizers?.includes(cleanup) ?? false;
    if (next) this.#registry.update(definitions, next, { subresource: 'status' });
    else if (!held) {
      const finalizers = [...(crd.metadata.finalizers ?? []), cleanup];
      this.#registry.update(definitions, { ...crd, metadata: { ...crd.metadata, finalizers } });
    }
  }

  #removeInstances(crd: KubeObject): void {
    const kind = this.#registry.kinds.all().find(({ storageKey }) => storageKey === crd.metadata.name);
    if (!kind) return;
    for (const { metadata } of this.#registry.list(kind).items) {
      const { name, namespace, deletionTimestamp } = metadata;
      if (deletionTimestamp === undefined) this.#registry.delete(kind, { name, ...(namespace ? { namespace } : {}) });
    }
  }

  /** Lets a definition go whose last instance has gone. */
  #finishDeletion(name: string): void {
    const crd = this.#registry.get(definitions, undefined, name);
    if (crd?.metadata.deletionTimestamp === undefined || this.#registry.store.count(name) > 0) return;
    const finalizers = (crd.metadata.finalizers ?? []).filter((finalizer) => finalizer !== cleanup);
    this.#registry.update(definitions, { ...crd, metadata: { ...crd.metadata, finalizers } });
  }
}
