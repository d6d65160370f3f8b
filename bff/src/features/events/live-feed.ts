import type { CacheChange } from '@backstay/kubernetes';
import {
  type Collection,
  type Job,
  type JobDetail,
  type JobSummary,
  type LiveChange,
  labels,
  type Pod,
  type ScheduledBackup,
  type ScheduleSummary,
} from '@backstay/shared';
import type { Logger } from 'pino';
import type { ClusterCaches } from '../../kubernetes/cluster-caches.ts';
import type { CollectionStates } from '../../repository/collection-states.ts';
import type { ChangeRing } from './change-ring.ts';

export interface FeedParts {
  ring: ChangeRing;
  caches: ClusterCaches;
  collections: CollectionStates;
  scheduleSummary: (schedule: ScheduledBackup) => ScheduleSummary;
  jobSummary: (job: Job) => JobSummary;
  collectionView: (name: string) => Collection | undefined;
  schedulesOf: (collection: string) => readonly { namespace: string; name: string }[];
  logger: Logger;
}

const settleMilliseconds = 40;
/** How often schedules are looked at again: time alone makes one overdue. */
const clockMilliseconds = 60_000;

type Produce = () => { change: LiveChange; namespace?: string } | undefined;

/**
 * Turns what the caches report into changes of the API's nouns. Changes of one object within a moment are told once, with
 * its last state; no object is left out.
 */
export class LiveFeed {
  readonly #parts: FeedParts;
  readonly #dirty = new Map<string, Produce>();
  readonly #lastSchedules = new Map<string, string>();
  #offs: (() => void)[] = [];
  #clock: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #started = false;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  /** Tells what changes from now on; what the caches hold already is no news. */
  start(): void {
    const { caches, collections } = this.#parts;
    this.#offs = [
      caches.schedules.onChange((change) => this.#onSchedule(change)),
      caches.cronJobs.onChange(({ object }) => this.#touchScheduleOf(object)),
      caches.jobs.onChange((change) => this.#onJob(change)),
      caches.pods.onChange(({ object }) => this.#onPod(object)),
      collections.onChange((name) => this.touchCollection(name)),
    ];
    this.#clock = setInterval(() => this.#touchAllSchedules(), clockMilliseconds);
    this.#clock.unref();
    this.#started = true;
  }

  stop(): void {
    for (const off of this.#offs) off();
    clearInterval(this.#clock);
    clearTimeout(this.#timer);
  }

  /** A job whose record was written: its list entry has more to tell, or stands alone now. */
  recorded(detail: JobDetail): void {
    this.#mark(`jobs/${detail.id}`, () => {
      const job = this.#parts.caches.jobs.get(detail.namespace, detail.name);
      if (job?.metadata.uid === detail.id) return this.#jobChange(job);
      const { phases: _p, failure: _f, progress: _g, events: _e, manifest: _m, ...item } = detail;
      return { change: { noun: 'jobs', type: 'upsert', item }, namespace: detail.namespace };
    });
    this.#touchSchedule(detail.namespace, detail.schedule);
  }

  touchCollection(name: string): void {
    this.#mark(`collections/${name}`, () => {
      const item = this.#parts.collectionView(name);
      return {
        change: item
          ? { noun: 'collections', type: 'upsert', item }
          : { noun: 'collections', type: 'remove', id: name },
      };
    });
    for (const schedule of this.#parts.schedulesOf(name)) this.#touchSchedule(schedule.namespace, schedule.name);
  }

  #onSchedule({ type, object }: CacheChange<ScheduledBackup>): void {
    const { namespace = '', name, uid: id = '' } = object.metadata;
    if (type !== 'deleted') {
      this.#touchSchedule(namespace, name);
      return;
    }
    this.#lastSchedules.delete(id);
    this.#mark(`schedules/${id}`, () => ({ change: { noun: 'schedules', type: 'remove', id }, namespace }));
  }

  #onJob({ type, object }: CacheChange<Job>): void {
    // A Job that went is told by its record.
    if (type !== 'deleted') this.#touchJob(object);
    this.#touchScheduleOf(object);
  }

  #onPod(pod: Pod): void {
    const owner = pod.metadata.ownerReferences?.find((reference) => reference.kind === 'Job');
    const job = owner && this.#parts.caches.jobs.get(pod.metadata.namespace, owner.name);
    if (job) this.#touchJob(job);
  }

  #touchJob(job: Job): void {
    const { namespace, name, uid } = job.metadata;
    this.#mark(`jobs/${uid}`, () => {
      const current = this.#parts.caches.jobs.get(namespace, name);
      return current && this.#jobChange(current);
    });
  }

  #jobChange(job: Job) {
    const item = this.#parts.jobSummary(job);
    return { change: { noun: 'jobs', type: 'upsert', item } as const, namespace: item.namespace };
  }

  #touchScheduleOf(object: Job | { metadata: Job['metadata'] }): void {
    const schedule = object.metadata.labels?.[labels.schedule];
    if (schedule !== undefined) this.#touchSchedule(object.metadata.namespace ?? '', schedule);
  }

  #touchAllSchedules(): void {
    for (const { metadata } of this.#parts.caches.schedules.list()) {
      this.#touchSchedule(metadata.namespace ?? '', metadata.name);
    }
  }

  #touchSchedule(namespace: string, name: string): void {
    const present = this.#parts.caches.schedules.get(namespace, name);
    if (present === undefined) return;
    this.#mark(`schedules/${present.metadata.uid}`, () => {
      const schedule = this.#parts.caches.schedules.get(namespace, name);
      return schedule && this.#scheduleChange(schedule);
    });
  }

  #scheduleChange(schedule: ScheduledBackup) {
    const item = this.#parts.scheduleSummary(schedule);
    const text = JSON.stringify(item);
    if (this.#lastSchedules.get(item.id) === text) return undefined;
    this.#lastSchedules.set(item.id, text);
    return { change: { noun: 'schedules', type: 'upsert', item } as const, namespace: item.namespace };
  }

  #mark(key: string, produce: Produce): void {
    if (!this.#started) return;
    this.#dirty.set(key, produce);
    this.#timer ??= setTimeout(() => this.#flush(), settleMilliseconds);
  }

  #flush(): void {
    this.#timer = undefined;
    const batch = [...this.#dirty.values()];
    this.#dirty.clear();
    for (const produce of batch) this.#tell(produce);
  }

  #tell(produce: Produce): void {
    try {
      const told = produce();
      if (told === undefined) return;
      const { change, namespace } = told;
      this.#parts.ring.add({ noun: change.noun, namespace, data: JSON.stringify(change) });
    } catch (error) {
      this.#parts.logger.error({ err: error }, 'cannot tell a change');
    }
  }
}
