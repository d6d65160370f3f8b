import type { ResourceCache } from '@backstay/kubernetes';
import type { Pod } from '@backstay/shared';

/** The Pods of a Job, oldest first. */
export const podsOfJob = (pods: Pick<ResourceCache<Pod>, 'list'>, job: { uid: string; namespace: string }): Pod[] =>
  pods
    .list(job.namespace)
    .filter((pod) => pod.metadata.ownerReferences?.some((owner) => owner.uid === job.uid))
    .toSorted((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''));
