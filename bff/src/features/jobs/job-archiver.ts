import { type KubeClient, KubeError } from '@backstay/kubernetes';
import { type Job, type JobDetail, labels, type Pod, resourceTypes } from '@backstay/shared';
import type { Logger } from 'pino';
import type { JobRecords } from '../../history/job-records.ts';
import type { LogArchive } from '../../history/log-archive.ts';
import type { ClusterCaches } from '../../kubernetes/cluster-caches.ts';
import { eventsOf } from '../../kubernetes/events-of.ts';
import { isTerminal, jobState, scheduleOf } from '../../kubernetes/job-state.ts';
import { buildJobDetail } from './job-detail.ts';
import { readJobLog } from './job-log.ts';
import { LogReader, readAlong } from './log-reader.ts';

export interface ArchiverParts {
  /** The console's own account: it may read Pods' logs. */
  client: KubeClient;
  caches: ClusterCaches;
  records: JobRecords;
  archive: LogArchive;
  logger: Logger;
  /** Called after the record of a job was written or changed. */
  onArchived: (job: JobDetail) => void;
}

/** A log that was read while its job was still running. */
interface Followed {
  reader: LogReader;
  pods: readonly Pod[];
}

const atOnce = 2;
const firstRetryMilliseconds = 1_000;
const longestRetryMilliseconds = 60_000;
const mostAttempts = 8;
const longestBeginMilliseconds = 1_000;

/**
 * Keeps every finished job for good: its record and its log, before the cluster may delete them. What fails is tried again,
 * also after a restart, as long as the Job is there; a Job that goes before leaves a record without a log.
 */
export class JobArchiver {
  readonly #parts: ArchiverParts;
  readonly #queue: Job[] = [];
  readonly #known = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  /** Archivings that are under way, by uid. */
  readonly #archiving = new Map<string, Promise<void>>();
  /** Logs that are followed into the archive, by uid; undefined where that failed. */
  readonly #followed = new Map<string, Promise<Followed | undefined>>();
  readonly #retries = new Set<NodeJS.Timeout>();
  readonly #abort = new AbortController();
  #off: () => void = () => undefined;

  constructor(parts: ArchiverParts) {
    this.#parts = parts;
  }

  /** Call when the caches are complete. */
  async start(): Promise<void> {
    const { caches, records } = this.#parts;
    const present = new Set(caches.jobs.list().map((job) => job.metadata.uid));
    for (const id of await records.notGone()) {
      if (!present.has(id)) await records.markGone(id);
    }
    this.#off = caches.jobs.onChange((change) => {
      if (change.type === 'deleted') this.#track(this.#leave(change.object));
      else this.#consider(change.object);
    });
  }

  /**
   * Reads along from now on: a job that its deadline ends loses its Pods, and with them its log. Resolves when the log has
   * begun to come, or after a moment: some servers begin with the first byte, and a job may be silent.
   */
  async follow(job: Job): Promise<void> {
    const id = job.metadata.uid ?? '';
    if (this.#followed.has(id) || this.#abort.signal.aborted) return;
    const begun = Promise.withResolvers<void>();
    const following = this.#follow(job, begun.resolve).catch((error: unknown) => {
      this.#parts.logger.warn({ err: error, job: job.metadata.name }, 'cannot follow the log of a job');
      return undefined;
    });
    this.#followed.set(id, following);
    const patience = setTimeout(begun.resolve, longestBeginMilliseconds);
    await Promise.race([begun.promise, following]);
    clearTimeout(patience);
  }

  async #follow(job: Job, onOpen: () => void): Promise<Followed | undefined> {
    const { archive, caches, client } = this.#parts;
    const reader = new LogReader();
    const pods = caches.podsOf(job.metadata.uid ?? '');
    if (pods.length === 0) return undefined;
    const log = readJobLog({ caches, client }, job, { follow: true, signal: this.#abort.signal, onOpen });
    await archive.write(job.metadata.uid ?? '', readAlong(log, reader));
    return { reader, pods };
  }

  async stop(): Promise<void> {
    this.#off();
    this.#abort.abort();
    await Promise.all(this.#followed.values());
    for (const retry of this.#retries) clearTimeout(retry);
    this.#queue.length = 0;
    await Promise.allSettled(this.#running);
  }

  #consider(job: Job): void {
    const id = job.metadata.uid ?? '';
    if (this.#known.has(id) || !isTerminal(jobState(job, []))) return;
    this.#known.add(id);
    this.#queue.push(job);
    this.#work();
  }

  #work(): void {
    while (this.#running.size < atOnce) {
      const job = this.#queue.shift();
      if (job === undefined || this.#abort.signal.aborted) return;
      this.#track(this.#begin(job, 1));
    }
  }

  #begin(job: Job, attempt: number): Promise<void> {
    const id = job.metadata.uid ?? '';
    const archiving = this.#archive(job, attempt).finally(() => this.#archiving.delete(id));
    this.#archiving.set(id, archiving);
    return archiving;
  }

  #track(work: Promise<void>): void {
    const running = work
      .catch((error: unknown) => this.#parts.logger.error({ err: error }, 'cannot keep the record of a job'))
      .finally(() => {
        this.#running.delete(running);
        this.#work();
      });
    this.#running.add(running);
  }

  async #archive(job: Job, attempt: number): Promise<void> {
    const id = job.metadata.uid ?? '';
    if ((await this.#parts.records.get(id)) !== undefined) return;
    try {
      await this.#keep(job);
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.#parts.logger.warn({ err: error, job: job.metadata.name, attempt }, 'cannot archive a job yet');
      if (attempt < mostAttempts) this.#later(job, attempt);
      else await this.#record(job, new LogReader(), { hasLog: false, gone: false });
    }
  }

  #later(job: Job, attempt: number): void {
    const wait = Math.min(longestRetryMilliseconds, firstRetryMilliseconds * 2 ** attempt);
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      this.#track(this.#begin(job, attempt + 1));
    }, wait);
    retry.unref();
    this.#retries.add(retry);
  }

  async #keep(job: Job): Promise<void> {
    const { archive, caches, client } = this.#parts;
    const id = job.metadata.uid ?? '';
    const followed = await this.#followed.get(id);
    this.#followed.delete(id);
    this.#abort.signal.throwIfAborted();
    const pods = await this.#podsOf(job);
    if (followed !== undefined && pods.length === 0) {
      await this.#record(job, followed.reader, { hasLog: true, gone: false, pods: followed.pods });
      return;
    }
    const reader = new LogReader();
    const seen = { jobs: caches.jobs, pods: snapshotOf(pods), podsOf: () => pods };
    const log = readJobLog({ caches: seen, client }, job, { follow: false, signal: this.#abort.signal });
    if (pods.length > 0) await archive.write(id, readAlong(log, reader));
    this.#abort.signal.throwIfAborted();
    await this.#record(job, reader, { hasLog: pods.length > 0, gone: false, pods });
  }

  // Asked for anew: the watch of Pods may be behind that of Jobs.
  async #podsOf(job: Job): Promise<Pod[]> {
    const { namespace, uid } = job.metadata;
    const labelSelector = `${labels.schedule}=${scheduleOf(job)}`;
    const { items } = await this.#parts.client.list(resourceTypes.pods, { namespace, labelSelector });
    return items
      .filter((pod) => pod.metadata.ownerReferences?.some((owner) => owner.uid === uid))
      .toSorted((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''));
  }

  async #record(
    job: Job,
    reader: LogReader,
    more: { hasLog: boolean; gone: boolean; pods?: readonly Pod[] },
  ): Promise<void> {
    const { caches, client, records } = this.#parts;
    const id = job.metadata.uid ?? '';
    const namespace = job.metadata.namespace ?? '';
    const pods = more.pods ?? caches.podsOf(id);
    const events = await this.#events(client, namespace, [id, ...pods.map((pod) => pod.metadata.uid ?? '')]);
    const current = caches.jobs.get(namespace, job.metadata.name);
    const detail = buildJobDetail({
      job: current?.metadata.uid === id ? current : job,
      pods,
      events,
      action: this.#actionOf(job),
      log: reader.summary,
      lastLines: reader.lastLines,
    });
    if (await records.add({ ...detail, archived: more.gone }, more)) this.#parts.onArchived(detail);
  }

  #events(client: KubeClient, namespace: string, uids: string[]) {
    return eventsOf(client, namespace, new Set(uids)).catch((error: unknown) => {
      if (error instanceof KubeError) return [];
      throw error;
    });
  }

  #actionOf(job: Job) {
    const owner = job.metadata.ownerReferences?.find((item) => item.kind === resourceTypes.requestedBackupActions.kind);
    return owner && this.#parts.caches.actions.get(job.metadata.namespace, owner.name);
  }

  /** A Job that went: its record stands alone now. One that was never finished is recorded as deleted. */
  async #leave(job: Job): Promise<void> {
    const { records } = this.#parts;
    const id = job.metadata.uid ?? '';
    this.#known.delete(id);
    await this.#archiving.get(id);
    if ((await records.get(id)) === undefined) {
      const over = isTerminal(jobState(job, [])) ? job : deleted(job);
      await this.#record(over, new LogReader(), { hasLog: false, gone: true });
    } else {
      await records.markGone(id);
      const record = await records.get(id);
      if (record !== undefined) this.#parts.onArchived(record);
    }
  }
}

const snapshotOf = (pods: readonly Pod[]) => ({
  get: (_namespace: string | undefined, name: string) => pods.find((pod) => pod.metadata.name === name),
  onChange: () => () => undefined,
});

const deleted = (job: Job): Job => {
  const lastTransitionTime = job.metadata.deletionTimestamp ?? new Date().toISOString();
  const failed = { type: 'Failed', status: 'True', reason: 'Deleted', lastTransitionTime };
  return { ...job, status: { ...job.status, conditions: [...(job.status?.conditions ?? []), failed] } };
};
