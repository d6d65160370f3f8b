import type { ResourceCache } from '@backstay/kubernetes';
import type { KubeObject } from '@backstay/shared';

/** Objects of one kind by the uid of the object that owns them. */
export interface OwnerIndex<T extends KubeObject> {
  ownedBy(owner: KubeObject | undefined): T[];
}

const ownerUids = (object: KubeObject): string[] => (object.metadata.ownerReferences ?? []).map(({ uid }) => uid);

const nameOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

export const createOwnerIndex = <T extends KubeObject>(cache: ResourceCache<T>): OwnerIndex<T> => {
  const byOwner = new Map<string, Map<string, T>>();
  const remove = (object: T): void => {
    for (const uid of ownerUids(object)) {
      const owned = byOwner.get(uid);
      owned?.delete(nameOf(object));
      if (owned?.size === 0) {
        byOwner.delete(uid);
      }
    }
  };
  cache.onChange(({ type, object, before }) => {
    if (before !== undefined) {
      remove(before);
    }
    if (type === 'deleted') {
      return;
    }
    for (const uid of ownerUids(object)) {
      const owned = byOwner.get(uid) ?? new Map<string, T>();
      byOwner.set(uid, owned.set(nameOf(object), object));
    }
  });
  return { ownedBy: (owner) => [...(byOwner.get(owner?.metadata.uid ?? '')?.values() ?? [])] };
};
