import type { KubeObject, OwnerReference } from '@backstay/shared';
import { cloneJson } from '../json.ts';
import type { Registry, ResourceId } from '../registry/registry.ts';

const core = (plural: string): ResourceId => ({ group: '', version: 'v1', plural });
const batch = (plural: string): ResourceId => ({ group: 'batch', version: 'v1', plural });
const apps = (plural: string): ResourceId => ({ group: 'apps', version: 'v1', plural });

export const resources = {
  pods: core('pods'),
  events: core('events'),
  secrets: core('secrets'),
  configMaps: core('configmaps'),
  namespaces: core('namespaces'),
  serviceAccounts: core('serviceaccounts'),
  claims: core('persistentvolumeclaims'),
  jobs: batch('jobs'),
  cronJobs: batch('cronjobs'),
  deployments: apps('deployments'),
  replicaSets: apps('replicasets'),
} as const;

/** Where an object is. `uid` names one object through deletion and creation under the same name. */
export interface Place {
  namespace?: string;
  name: string;
  uid?: string;
}

export const placeOf = ({ metadata: { namespace, name, uid } }: KubeObject): Place => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
  ...(uid === undefined ? {} : { uid }),
});

/** The key of an object in a queue, and back. */
export const keyOf = ({ metadata: { namespace, name } }: KubeObject): string => `${namespace ?? ''}/${name}`;
export const splitKey = (key: string): { namespace: string; name: string } => {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
};

export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find(({ controller }) => controller === true);

/** A reference that makes `owner` the controller of what carries it. */
export const controlledBy = ({ apiVersion, kind, metadata }: KubeObject): OwnerReference => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});

/** The object at the place; undefined when it is gone or another one has taken its name. */
export const find = (registry: Registry, resource: ResourceId, place: Place): KubeObject | undefined => {
  const found = registry.get(resource, place.namespace, place.name);
  return place.uid === undefined || found?.metadata.uid === place.uid ? found : undefined;
};

export interface Change {
  resource: ResourceId;
  place: Place;
  subresource?: 'status';
  /** Changes the copy that it is given. */
  change(copy: KubeObject): void;
}

/** Writes a changed copy of an object. Undefined: it is gone. Reading and writing happen in one turn, so nobody is faster. */
export const mutate = (
  registry: Registry,
  { resource, place, subresource, change }: Change,
): KubeObject | undefined => {
  const found = find(registry, resource, place);
  if (found === undefined) {
    return undefined;
  }
  const copy = cloneJson(found);
  change(copy);
  return registry.update(resource, copy, subresource === undefined ? {} : { subresource });
};

/** Deletes an object if it is still there and still the same one. */
export const remove = (
  registry: Registry,
  resource: ResourceId,
  target: { place: Place; propagationPolicy?: 'Background' | 'Foreground'; gracePeriodSeconds?: number },
): boolean => {
  const { place, ...request } = target;
  if (find(registry, resource, place) === undefined) {
    return false;
  }
  registry.delete(resource, place, request);
  return true;
};

export const reasonOf = (error: unknown): string | undefined =>
  error instanceof Error && 'reason' in error && typeof error.reason === 'string' ? error.reason : undefined;
