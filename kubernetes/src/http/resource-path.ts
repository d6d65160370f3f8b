import type { ResourceType } from '@backstay/shared';
import { KubeError } from '../kube-client.ts';

const need = (value: string | undefined, what: string, type: ResourceType): string => {
  if (!value) {
    throw new KubeError(400, `A ${type.kind} needs a ${what}.`, { reason: 'BadRequest' });
  }
  return encodeURIComponent(value);
};

/** All objects of a kind; without a namespace those of all namespaces. */
export const collectionPath = (type: ResourceType, namespace?: string): string => {
  const root = type.apiVersion.includes('/') ? `/apis/${type.apiVersion}` : `/api/${type.apiVersion}`;
  return type.namespaced && namespace !== undefined
    ? `${root}/namespaces/${need(namespace, 'namespace', type)}/${type.plural}`
    : `${root}/${type.plural}`;
};

/** Where objects of a kind are created. */
export const creationPath = (type: ResourceType, namespace?: string): string =>
  collectionPath(type, type.namespaced ? need(namespace, 'namespace', type) && namespace : undefined);

export const objectPath = (
  type: ResourceType,
  key: { namespace?: string; name: string },
  subresource?: string,
): string => {
  const path = `${creationPath(type, key.namespace)}/${need(key.name, 'name', type)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
};
