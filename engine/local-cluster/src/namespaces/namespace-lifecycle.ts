import type { KubeObject } from '@backstay/shared';
import { ApiError } from '../registry/api-error.ts';
import type { ObjectRegistry } from '../registry/object-registry.ts';

const namespaces = { group: '', version: 'v1', plural: 'namespaces' };

/** Empties a namespace that is being deleted, and removes it when it is empty. */
export class NamespaceLifecycle {
  readonly #registry: ObjectRegistry;
  readonly #terminating = new Set<string>();
  readonly #stop: () => void;

  constructor(registry: ObjectRegistry) {
    this.#registry = registry;
    this.#stop = registry.onChange(undefined, (change, storageKey) => {
      const { object } = change.current;
      const deleted = change.type === 'DELETED';
      if (storageKey === 'namespaces') {
        if (deleted) this.#terminating.delete(object.metadata.name);
        else this.#present(object);
      } else if (deleted && this.#terminating.has(object.metadata.namespace ?? '')) {
        this.#finish(object.metadata.namespace ?? '');
      }
    });
    for (const namespace of registry.list(namespaces).items) this.#present(namespace);
  }

  stop(): void {
    this.#stop();
  }

  #present({ metadata }: KubeObject): void {
    if (metadata.deletionTimestamp === undefined || this.#terminating.has(metadata.name)) return;
    this.#terminating.add(metadata.name);
    this.#empty(metadata.name);
    this.#finish(metadata.name);
  }

  #empty(namespace: string): void {
    for (const kind of this.#storedKinds()) {
      for (const { metadata } of this.#registry.list(kind, { namespace }).items) {
        if (metadata.deletionTimestamp !== undefined) continue;
        try {
          this.#registry.delete(kind, { namespace, name: metadata.name }, { propagationPolicy: 'Background' });
        } catch (error) {
          // Gone already: a listener was faster.
          if (!(error instanceof ApiError && error.code === 404)) throw error;
        }
      }
    }
  }

  #finish(namespace: string): void {
    if (this.#storedKinds().some(({ storageKey }) => this.#registry.store.count(storageKey, namespace) > 0)) return;
    this.#registry.removeNamespace(namespace);
  }

  /** One kind for each storage key of namespaced objects. */
  #storedKinds() {
    const namespaced = this.#registry.kinds.all().filter((kind) => kind.namespaced);
    return [...new Map(namespaced.map((kind) => [kind.storageKey, kind])).values()];
  }
}
