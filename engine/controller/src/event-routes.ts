import type { CacheChange } from '@backstay/kubernetes';
import type { KubeObject, OwnerReference, RequestedBackupAction, ScheduledBackup } from '@backstay/shared';
import type { ControllerCaches } from './cluster/controller-caches.ts';
import { secretNames } from './cluster/hydrate.ts';
import { engineOwner } from './plan/ownership.ts';

export type Kind = 'ScheduledBackup' | 'RequestedBackupAction';

export interface WorkKey {
  kind: Kind;
  namespace: string;
  name: string;
}

export const encodeKey = ({ kind, namespace, name }: WorkKey): string => `${kind}/${namespace}/${name}`;

export const decodeKey = (key: string): WorkKey => {
  const [kind = '', namespace = '', name = ''] = key.split('/');
  return { kind: kind === 'ScheduledBackup' ? kind : 'RequestedBackupAction', namespace, name };
};

export interface RouteTarget {
  add(key: string, delayMs?: number): void;
  /** The object is gone. */
  gone(key: string, uid: string | undefined): void;
  /** A child of the object with this uid was deleted. */
  childLost(uid: string): void;
}

/** Writes of a reconcile come back as events, a few at once: they are looked at together. */
const settleMs = 50;

const keyOf = (kind: Kind, { metadata }: KubeObject): string =>
  encodeKey({ kind, namespace: metadata.namespace ?? '', name: metadata.name });

const isKind = (kind: string): kind is Kind => kind === 'ScheduledBackup' || kind === 'RequestedBackupAction';

const ownerKey = (owner: OwnerReference | undefined, namespace: string | undefined): string | undefined =>
  owner !== undefined && isKind(owner.kind)
    ? encodeKey({ kind: owner.kind, namespace: namespace ?? '', name: owner.name })
    : undefined;

const secretKey = (namespace: string | undefined, name: string): string => `${namespace}/${name}`;

/** Which schedules name a Secret. */
const createSecretReferences = () => {
  const bySecret = new Map<string, Set<string>>();
  const each = (scheduledBackup: ScheduledBackup, visit: (secret: string) => void): void => {
    if (scheduledBackup.spec !== undefined) {
      for (const name of secretNames(scheduledBackup)) {
        visit(secretKey(scheduledBackup.metadata.namespace, name));
      }
    }
  };
  const remove = (key: string, scheduledBackup: ScheduledBackup): void =>
    each(scheduledBackup, (secret) => {
      const keys = bySecret.get(secret);
      keys?.delete(key);
      if (keys?.size === 0) {
        bySecret.delete(secret);
      }
    });
  return {
    update: (key: string, { type, object, before }: CacheChange<ScheduledBackup>): void => {
      if (before !== undefined) {
        remove(key, before);
      }
      if (type !== 'deleted') {
        each(object, (secret) => bySecret.set(secret, (bySecret.get(secret) ?? new Set()).add(key)));
      }
    },
    of: (secret: KubeObject): Iterable<string> =>
      bySecret.get(secretKey(secret.metadata.namespace, secret.metadata.name)) ?? [],
  };
};

const waitsFor = (action: RequestedBackupAction, scheduledBackup: ScheduledBackup): boolean =>
  action.status?.processed !== true && action.spec?.scheduledBackupRef.name === scheduledBackup.metadata.name;

/** Turns changes in the cluster into keys to look at. Returns a function that ends it. */
export const routeEvents = (caches: ControllerCaches, target: RouteTarget): (() => void) => {
  const references = createSecretReferences();
  const addOwner = ({ object, type }: Pick<CacheChange<KubeObject>, 'object' | 'type'>): void => {
    const owner = engineOwner(object);
    const key = ownerKey(owner, object.metadata.namespace);
    if (key !== undefined) {
      if (type === 'deleted') {
        target.childLost(owner?.uid ?? '');
      }
      target.add(key, settleMs);
    }
  };
  const offs = [
    caches.scheduledBackups.onChange((change) => {
      const { object, type } = change;
      const key = keyOf('ScheduledBackup', object);
      references.update(key, change);
      if (type === 'deleted') {
        target.gone(key, object.metadata.uid);
        return;
      }
      target.add(key);
      for (const action of caches.actions.list(object.metadata.namespace)) {
        if (waitsFor(action, object)) {
          target.add(keyOf('RequestedBackupAction', action));
        }
      }
    }),
    caches.actions.onChange(({ object, type }) => {
      const key = keyOf('RequestedBackupAction', object);
      if (type === 'deleted') {
        target.gone(key, object.metadata.uid);
      } else {
        target.add(key);
      }
    }),
    caches.templates.onChange(({ object }) => {
      for (const scheduledBackup of caches.scheduledBackups.list()) {
        const ref = scheduledBackup.spec?.templateRef;
        if (ref?.kind !== 'internal' && ref?.name === object.metadata.name) {
          target.add(keyOf('ScheduledBackup', scheduledBackup), settleMs);
        }
      }
    }),
    caches.secrets.onChange((change) => {
      addOwner(change);
      for (const key of references.of(change.object)) {
        target.add(key, settleMs);
      }
    }),
    caches.configMaps.onChange(addOwner),
    caches.cronJobs.onChange(addOwner),
    caches.jobs.onChange((change) => {
      addOwner(change);
      const { namespace, ownerReferences = [] } = change.object.metadata;
      const cronJob = ownerReferences.find(({ kind }) => kind === 'CronJob');
      const parent = cronJob && caches.cronJobs.get(namespace, cronJob.name);
      if (parent !== undefined) {
        addOwner({ object: parent, type: 'modified' });
      }
    }),
  ];
  return () => {
    for (const off of offs) {
      off();
    }
  };
};
