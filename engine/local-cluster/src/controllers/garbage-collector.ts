import type { KubeObject, OwnerReference } from '@backstay/shared';
import type { ObjectRegistry } from '../registry/object-registry.ts';
import type { ResourceId } from '../registry/registry.ts';
import type { ControllerContext } from './controller-context.ts';
import { createOwnerGraph, type Node, type OwnerGraph } from './owner-graph.ts';
import { createReconciler } from './reconciler.ts';
import { mutate, placeOf, remove } from './resources.ts';
import { stopAll } from './stop-all.ts';

const foreground = 'foregroundDeletion';
const orphan = 'orphan';

interface Work {
  registry: ObjectRegistry;
  graph: OwnerGraph;
}

const holds = (object: KubeObject, finalizer: string): boolean =>
  object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers?.includes(finalizer) ?? false);

const dropFinalizer = ({ registry }: Work, node: Node, finalizer: string): void => {
  mutate(registry, {
    resource: node.resource,
    place: placeOf(node.object),
    change: ({ metadata }) => {
      metadata.finalizers = metadata.finalizers?.filter((name) => name !== finalizer);
    },
  });
};

const dropOwners = ({ registry }: Work, node: Node, gone: (owner: OwnerReference) => boolean): void => {
  mutate(registry, {
    resource: node.resource,
    place: placeOf(node.object),
    change: ({ metadata }) => {
      metadata.ownerReferences = metadata.ownerReferences?.filter((owner) => !gone(owner));
    },
  });
};

const blocks = (dependent: Node, uid: string): boolean =>
  dependent.object.metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true) ??
  false;

/** Deletes what the object owns, and lets the object go when nothing that blocks it is left. */
const deleteForeground = (work: Work, node: Node): void => {
  const uid = node.object.metadata.uid ?? '';
  for (const dependent of work.graph.dependentsOf(uid)) {
    if (dependent.object.metadata.deletionTimestamp === undefined) {
      remove(work.registry, dependent.resource, { place: placeOf(dependent.object), propagationPolicy: 'Foreground' });
    }
  }
  if (!work.graph.dependentsOf(uid).some((dependent) => blocks(dependent, uid))) {
    dropFinalizer(work, node, foreground);
  }
};

const orphanDependents = (work: Work, node: Node): void => {
  const uid = node.object.metadata.uid ?? '';
  for (const dependent of work.graph.dependentsOf(uid)) {
    dropOwners(work, dependent, (owner) => owner.uid === uid);
  }
  dropFinalizer(work, node, orphan);
};

/** An object goes with the last of its owners; while one of them lives, only the references to the others go. */
const followOwners = (work: Work, node: Node): void => {
  const owners = node.object.metadata.ownerReferences ?? [];
  const isGone = ({ uid }: OwnerReference): boolean => !work.graph.has(uid);
  if (owners.length === 0 || node.object.metadata.deletionTimestamp !== undefined || !owners.some(isGone)) {
    return;
  }
  if (owners.every(isGone)) {
    remove(work.registry, node.resource, { place: placeOf(node.object), propagationPolicy: 'Background' });
  } else {
    dropOwners(work, node, isGone);
  }
};

const reconcileNode = (work: Work, uid: string): undefined => {
  const node = work.graph.get(uid);
  if (node === undefined) {
    return;
  }
  if (holds(node.object, orphan)) {
    orphanDependents(work, node);
  } else if (holds(node.object, foreground)) {
    deleteForeground(work, node);
  }
  followOwners(work, node);
};

/** Deletes what its owners have left behind, in the way that the deletion of the owner asked for. Returns what stops it. */
export const startGarbageCollector = (context: ControllerContext & { registry: ObjectRegistry }): (() => void) => {
  const { registry } = context;
  const graph = createOwnerGraph();
  const work: Work = { registry, graph };
  const nodes = createReconciler({
    ...context,
    name: 'garbage-collector',
    reconcile: (uid) => reconcileNode(work, uid),
  });

  const enqueueAround = ({ metadata }: KubeObject): void => {
    nodes.enqueue(metadata.uid ?? '');
    for (const { uid } of metadata.ownerReferences ?? []) {
      nodes.enqueue(uid);
    }
  };
  const onGone = (object: KubeObject): void => {
    const uid = object.metadata.uid ?? '';
    const dependents = graph.dependentsOf(uid);
    graph.delete(uid);
    enqueueAround(object);
    for (const dependent of dependents) {
      nodes.enqueue(dependent.object.metadata.uid ?? '');
    }
  };
  const resourceOf = (storageKey: string): ResourceId | undefined =>
    registry.kinds.all().find((kind) => kind.storageKey === storageKey);

  const stop = registry.onChange(undefined, ({ type, current: { object } }, storageKey) => {
    const resource = resourceOf(storageKey);
    if (type === 'DELETED' || resource === undefined) {
      onGone(object);
      return;
    }
    graph.put({ resource, object });
    if (type === 'ADDED' || object.metadata.deletionTimestamp !== undefined || object.metadata.ownerReferences) {
      enqueueAround(object);
    }
  });
  for (const kind of new Map(registry.kinds.all().map((each) => [each.storageKey, each])).values()) {
    for (const object of registry.list(kind).items) {
      graph.put({ resource: kind, object });
    }
  }
  for (const uid of graph.uids()) {
    nodes.enqueue(uid);
  }
  return stopAll([stop, nodes.stop]);
};
