import type { ResourceCache } from '@backstay/kubernetes';
import type { Job, KubeObject } from '@backstay/shared';

/** Jobs by the uid of the object that controls them. */
export interface JobIndex {
  ownedBy(owner: KubeObject | undefined): Job[];
}

const ownerUids = (job: Job): string[] => (job.metadata.ownerReferences ?? []).map(({ uid }) => uid);

export const createJobIndex = (jobs: ResourceCache<Job>): JobIndex => {
  const byOwner = new Map<string, Map<string, Job>>();
  const remove = (job: Job): void => {
    for (const uid of ownerUids(job)) {
      const owned = byOwner.get(uid);
      owned?.delete(job.metadata.name);
      if (owned?.size === 0) {
        byOwner.delete(uid);
      }
    }
  };
  jobs.onChange(({ type, object, before }) => {
    if (before !== undefined) {
      remove(before);
    }
    if (type === 'deleted') {
      return;
    }
    for (const uid of ownerUids(object)) {
      const owned = byOwner.get(uid) ?? new Map<string, Job>();
      byOwner.set(uid, owned.set(object.metadata.name, object));
    }
  });
  return { ownedBy: (owner) => [...(byOwner.get(owner?.metadata.uid ?? '')?.values() ?? [])] };
};
