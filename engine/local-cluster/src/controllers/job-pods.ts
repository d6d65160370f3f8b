import type { Job, Pod } from '@backstay/shared';
import { cloneJson } from '../json.ts';
import type { Registry } from '../registry/registry.ts';
import { controlledBy, mutate, placeOf, resources } from './resources.ts';

/** Holds a Pod until its end has been counted in its Job's status, so that no result is lost or counted twice. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';

export const isTracked = (pod: Pod): boolean => pod.metadata.finalizers?.includes(trackingFinalizer) ?? false;

/** A Pod that is deleted before its end counts as failed. */
export const hasFailed = (pod: Pod): boolean =>
  pod.status?.phase === 'Failed' || (pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded');
export const hasSucceeded = (pod: Pod): boolean => pod.status?.phase === 'Succeeded';
export const isActive = (pod: Pod): boolean => !hasFailed(pod) && !hasSucceeded(pod);
export const isTerminating = (pod: Pod): boolean =>
  pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
export const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

/** Lets a Pod go that its Job has counted or will not count. */
export const release = (registry: Registry, pod: Pod): void => {
  mutate(registry, {
    resource: resources.pods,
    place: placeOf(pod),
    change: ({ metadata }) => {
      metadata.finalizers = metadata.finalizers?.filter((name) => name !== trackingFinalizer);
    },
  });
};

export const podFor = (job: Job): Pod => {
  const { metadata = {}, spec } = cloneJson(job.spec.template);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: `${job.metadata.name}-`,
      namespace: job.metadata.namespace ?? '',
      ...(metadata.labels === undefined ? {} : { labels: metadata.labels }),
      ...(metadata.annotations === undefined ? {} : { annotations: metadata.annotations }),
      finalizers: [trackingFinalizer],
      ownerReferences: [controlledBy(job)],
    },
    spec,
  };
};

/** When the last of a Pod's containers ended, in milliseconds since 1970; its deletion if none did. */
export const endOf = (pod: Pod): number => {
  const ends = (pod.status?.containerStatuses ?? []).map(({ state }) =>
    Date.parse(state?.terminated?.finishedAt ?? ''),
  );
  const last = Math.max(...ends.filter((end) => !Number.isNaN(end)), 0);
  return last > 0 ? last : Date.parse(pod.metadata.deletionTimestamp ?? pod.metadata.creationTimestamp ?? '');
};
