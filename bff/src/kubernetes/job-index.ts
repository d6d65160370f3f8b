import type { ResourceCache } from '@backstay/kubernetes';
import { type Job, labels, type Pod, type ScheduledBackup } from '@backstay/shared';
import { Groups } from './groups.ts';
import { collectionOf } from './stored-vars.ts';

/** Finds what belongs together without looking through everything. */
export interface JobIndex {
  /** Oldest first. */
  podsOf(jobUid: string): Pod[];
  jobsOf(namespace: string, schedule: string): Job[];
  /** Schedules that store into a collection. */
  schedulesOf(collection: string): ScheduledBackup[];
  /** Another number whenever a Pod of the Job changed. */
  podsVersion(jobUid: string): number;
  /** Another number whenever a Job of the schedule, or a Pod of one, changed. */
  jobsVersion(namespace: string, schedule: string): number;
}

interface IndexedCaches {
  jobs: ResourceCache<Job>;
  pods: ResourceCache<Pod>;
  schedules: ResourceCache<ScheduledBackup>;
}

export function indexJobs({ jobs, pods, schedules }: IndexedCaches): JobIndex {
  const podsByJob = new Groups<Pod>((pod) => pod.metadata.ownerReferences?.map((owner) => owner.uid) ?? []);
  const jobsBySchedule = new Groups<Job>((job) => [scheduleOf(job)]);
  const schedulesByCollection = new Groups<ScheduledBackup>((schedule) => [collectionOf(schedule)]);
  schedules.onChange((change) => schedulesByCollection.apply(change));
  pods.onChange((change) => {
    podsByJob.apply(change);
    jobsBySchedule.touch(scheduleOf(change.object));
  });
  jobs.onChange((change) => jobsBySchedule.apply(change));
  return {
    podsOf: (uid) => podsByJob.get(uid).toSorted(oldestFirst),
    schedulesOf: (collection) => schedulesByCollection.get(collection),
    podsVersion: (uid) => podsByJob.version(uid),
    jobsVersion: (namespace, schedule) => jobsBySchedule.version(scheduleKey(namespace, schedule)),
    jobsOf: (namespace, schedule) => jobsBySchedule.get(scheduleKey(namespace, schedule)),
  };
}

const scheduleKey = (namespace: string, schedule: string) => `${namespace}/${schedule}`;

const scheduleOf = ({ metadata }: Job | Pod) =>
  scheduleKey(metadata.namespace ?? '', metadata.labels?.[labels.schedule] ?? '');

const oldestFirst = (a: Pod, b: Pod) =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '');
