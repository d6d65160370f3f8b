import type { KubeObject } from '@backstay/shared';
import { at, objectAt, stringAt } from '../json.ts';
import type { ControllerContext } from './controller-context.ts';
import { createReconciler } from './reconciler.ts';
import { keyOf, mutate, placeOf, resources, splitKey } from './resources.ts';
import { stopAll } from './stop-all.ts';

const defaultAccount = 'default';

/** Gives every namespace the ServiceAccount that its Pods run as. Returns what stops it. */
export const startServiceAccountController = (context: ControllerContext): (() => void) => {
  const { registry } = context;
  const reconcile = (key: string): undefined => {
    const { name: namespace } = splitKey(key);
    const found = registry.get(resources.namespaces, undefined, namespace);
    const ends =
      found?.metadata.deletionTimestamp !== undefined || stringAt(found, 'status', 'phase') === 'Terminating';
    if (
      found === undefined ||
      ends ||
      registry.get(resources.serviceAccounts, namespace, defaultAccount) !== undefined
    ) {
      return;
    }
    registry.create(resources.serviceAccounts, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: defaultAccount, namespace },
    });
  };
  const namespaces = createReconciler({ ...context, name: 'serviceaccount', reconcile });
  const stops = [
    registry.subscribe(resources.namespaces, ({ object }) => namespaces.enqueue(keyOf(object))),
    registry.subscribe(resources.serviceAccounts, ({ type, object }) => {
      if (type === 'DELETED') {
        namespaces.enqueue(`/${object.metadata.namespace ?? ''}`);
      }
    }),
  ];
  for (const namespace of registry.list(resources.namespaces).items) {
    namespaces.enqueue(keyOf(namespace));
  }
  return stopAll([...stops, namespaces.stop]);
};

const bind = (claim: KubeObject): void => {
  const storage = at(claim, 'spec', 'resources', 'requests', 'storage');
  claim['status'] = {
    ...objectAt(claim, 'status'),
    phase: 'Bound',
    accessModes: at(claim, 'spec', 'accessModes'),
    capacity: { storage },
  };
};

/** Binds every PersistentVolumeClaim at once: its volume is a folder of this machine. Returns what stops it. */
export const startClaimController = (context: ControllerContext): (() => void) => {
  const { registry } = context;
  const reconcile = (key: string): undefined => {
    const { namespace, name } = splitKey(key);
    const claim = registry.get(resources.claims, namespace, name);
    if (claim !== undefined && stringAt(claim, 'status', 'phase') !== 'Bound') {
      mutate(registry, { resource: resources.claims, place: placeOf(claim), subresource: 'status', change: bind });
    }
  };
  const claims = createReconciler({ ...context, name: 'persistentvolume-binder', reconcile });
  const stop = registry.subscribe(resources.claims, ({ object }) => claims.enqueue(keyOf(object)));
  for (const claim of registry.list(resources.claims).items) {
    claims.enqueue(keyOf(claim));
  }
  return stopAll([stop, claims.stop]);
};
