import type { KubeObject } from '@backstay/shared';
import type { Registry, ResourceId } from '../registry/registry.ts';
import { controllerOf, find, type Place, placeOf } from './resources.ts';

/** Finds the objects of one kind by their controller, without reading the others. */
export interface ControlledObjects {
  of(owner: KubeObject): KubeObject[];
  stop(): void;
}

/** Knows every object of the kind from now on. Asked from a listener of a later subscription, it already knows the change. */
export const indexByController = (registry: Registry, resource: ResourceId): ControlledObjects => {
  const places = new Map<string, Map<string, Place>>();
  const owners = new Map<string, string>();

  const drop = (uid: string): void => {
    const owner = owners.get(uid) ?? '';
    const siblings = places.get(owner);
    siblings?.delete(uid);
    if (siblings?.size === 0) {
      places.delete(owner);
    }
    owners.delete(uid);
  };
  const put = (object: KubeObject): void => {
    const uid = object.metadata.uid ?? '';
    const owner = controllerOf(object)?.uid;
    if (owners.get(uid) === owner) {
      return;
    }
    drop(uid);
    if (owner !== undefined) {
      owners.set(uid, owner);
      const siblings = places.get(owner) ?? new Map<string, Place>();
      places.set(owner, siblings.set(uid, placeOf(object)));
    }
  };

  const stop = registry.subscribe(resource, ({ type, object }) =>
    type === 'DELETED' ? drop(object.metadata.uid ?? '') : put(object),
  );
  for (const object of registry.list(resource).items) {
    put(object);
  }
  return {
    of: (owner) =>
      [...(places.get(owner.metadata.uid ?? '')?.values() ?? [])]
        .map((place) => find(registry, resource, place))
        .filter((object) => object !== undefined),
    stop,
  };
};
