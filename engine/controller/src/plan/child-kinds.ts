import { type KubeObject, type ResourceType, resourceTypes } from '@backstay/shared';

const sealedSecrets: ResourceType = {
  apiVersion: 'bitnami.com/v1alpha1',
  kind: 'SealedSecret',
  plural: 'sealedsecrets',
  namespaced: true,
};

/** Kinds that a rendered procedure may hold, in the order in which they are applied: what a Job needs comes before it. */
const childTypes: readonly ResourceType[] = [
  resourceTypes.secrets,
  resourceTypes.configMaps,
  sealedSecrets,
  resourceTypes.cronJobs,
  resourceTypes.jobs,
];

const sameKind = (type: ResourceType, { apiVersion, kind }: KubeObject): boolean =>
  type.apiVersion === apiVersion && type.kind === kind;

export const childType = (object: KubeObject): ResourceType | undefined =>
  childTypes.find((type) => sameKind(type, object));

export const applyOrder = (object: KubeObject): number => childTypes.findIndex((type) => sameKind(type, object));
