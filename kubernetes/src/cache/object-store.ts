import type { KubeObject } from '@backstay/shared';
import type { CacheChange } from '../resource-cache.ts';

/** The objects of one kind, by namespace and name; every change tells what differed. */
export interface ObjectStore<T extends KubeObject> {
  get(namespace: string | undefined, name: string): T | undefined;
  list(namespace?: string): T[];
  put(object: T): CacheChange<T>[];
  remove(object: T): CacheChange<T>[];
  /** Everything that is not in `objects` is gone. */
  replaceAll(objects: readonly T[]): CacheChange<T>[];
}

type Index<T> = Map<string, Map<string, T>>;

const shelf = <T>(index: Index<T>, namespace: string | undefined): Map<string, T> => {
  const key = namespace ?? '';
  const found = index.get(key);
  if (found !== undefined) {
    return found;
  }
  const made = new Map<string, T>();
  index.set(key, made);
  return made;
};

const difference = <T extends KubeObject>(before: T | undefined, object: T): CacheChange<T>[] => {
  if (before === undefined) {
    return [{ type: 'added', object }];
  }
  if (before.metadata.uid !== object.metadata.uid) {
    return [
      { type: 'deleted', object: before, before },
      { type: 'added', object },
    ];
  }
  return before.metadata.resourceVersion === object.metadata.resourceVersion
    ? []
    : [{ type: 'modified', object, before }];
};

export const createObjectStore = <T extends KubeObject>(): ObjectStore<T> => {
  let index: Index<T> = new Map();
  const get = (namespace: string | undefined, name: string): T | undefined => index.get(namespace ?? '')?.get(name);
  return {
    get,
    list: (namespace) =>
      namespace === undefined
        ? [...index.values()].flatMap((objects) => [...objects.values()])
        : [...(index.get(namespace)?.values() ?? [])],
    put: (object) => {
      const { namespace, name } = object.metadata;
      const changes = difference(get(namespace, name), object);
      shelf(index, namespace).set(name, object);
      return changes;
    },
    remove: (object) => {
      const { namespace, name } = object.metadata;
      const before = get(namespace, name);
      index.get(namespace ?? '')?.delete(name);
      return before === undefined ? [] : [{ type: 'deleted', object, before }];
    },
    replaceAll: (objects) => {
      const old = index;
      index = new Map();
      const changes = objects.flatMap((object) => {
        const { namespace, name } = object.metadata;
        const before = old.get(namespace ?? '')?.get(name);
        old.get(namespace ?? '')?.delete(name);
        shelf(index, namespace).set(name, object);
        return difference(before, object);
      });
      const gone = [...old.values()].flatMap((left) => [...left.values()]);
      return [...gone.map((object): CacheChange<T> => ({ type: 'deleted', object, before: object })), ...changes];
    },
  };
};
