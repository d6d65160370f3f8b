import type { KubeObject } from '@backstay/shared';
import type { ResourceId } from '../registry/registry.ts';

export interface Node {
  readonly resource: ResourceId;
  readonly object: KubeObject;
}

/** What the graph keeps of an object: never its content, so that its memory does not grow with it. */
const lean = ({ apiVersion, kind, metadata }: KubeObject): KubeObject => {
  const { name, namespace, uid, ownerReferences, finalizers, deletionTimestamp } = metadata;
  return { apiVersion, kind, metadata: { name, namespace, uid, ownerReferences, finalizers, deletionTimestamp } };
};

/** Who owns whom, by uid. It knows every object that is owned or may own. */
export interface OwnerGraph {
  put(node: Node): void;
  delete(uid: string): void;
  has(uid: string): boolean;
  get(uid: string): Node | undefined;
  dependentsOf(uid: string): Node[];
  uids(): string[];
}

export const createOwnerGraph = (): OwnerGraph => {
  const nodes = new Map<string, Node>();
  const dependents = new Map<string, Set<string>>();
  const ownersOf = (node: Node | undefined): string[] =>
    (node?.object.metadata.ownerReferences ?? []).map(({ uid }) => uid);
  const unlink = (uid: string): void => {
    for (const owner of ownersOf(nodes.get(uid))) {
      const set = dependents.get(owner);
      set?.delete(uid);
      if (set?.size === 0) {
        dependents.delete(owner);
      }
    }
  };
  return {
    put: (node) => {
      const uid = node.object.metadata.uid ?? '';
      unlink(uid);
      nodes.set(uid, { resource: node.resource, object: lean(node.object) });
      for (const owner of ownersOf(node)) {
        const set = dependents.get(owner) ?? new Set();
        dependents.set(owner, set.add(uid));
      }
    },
    delete: (uid) => {
      unlink(uid);
      nodes.delete(uid);
    },
    has: (uid) => nodes.has(uid),
    get: (uid) => nodes.get(uid),
    dependentsOf: (uid) =>
      [...(dependents.get(uid) ?? [])].map((dependent) => nodes.get(dependent)).filter((node) => node !== undefined),
    uids: () => [...nodes.keys()],
  };
};
