import { type KubeClient, KubeError } from '@backstay/kubernetes';
import {
  annotations,
  DomainError,
  type Job,
  type JobDetail,
  type JobLogSummary,
  type JobSummary,
  labels,
  type Pod,
  resourceTypes,
} from '@backstay/shared';
import type { JobCursor, JobQuery, JobRecords } from '../../history/job-records.ts';
import type { LogArchive } from '../../history/log-archive.ts';
import { type Access, inScope, type Scope } from '../../identity/access.ts';
import type { Identity } from '../../identity/identity.ts';
import type { ClusterCaches } from '../../kubernetes/cluster-caches.ts';
import { eventsOf } from '../../kubernetes/events-of.ts';
import { isTerminal, jobState } from '../../kubernetes/job-state.ts';
import { readArchivedLog } from './archived-log.ts';
import { buildJobDetail } from './job-detail.ts';
import { readJobLog } from './job-log.ts';
import { jobSummary } from './job-summary.ts';
import { LogReader } from './log-reader.ts';

export interface JobParts {
  caches: ClusterCaches;
  records: JobRecords;
  archive: LogArchive;
  access: Access;
  /** Called before the cluster is asked to end a job. */
  beforeCancel: (job: Job) => Promise<void>;
}

export interface JobFilter extends Omit<JobQuery, 'namespaces'> {
  namespace?: string;
  limit?: number;
  cursor?: string;
}

const pageSize = 100;
const detailTail = 200;
const recentJobs = 10;
const listJobs = { verb: 'list', group: 'batch', resource: 'jobs' };

/** Jobs in the cluster and records of those that left it, as one list. */
export class JobService {
  readonly #parts: JobParts;
  /** What only logs tell about Jobs that are still in the cluster, by uid. */
  readonly #recorded = new Map<string, JobDetail>();
  /** Worked out once for each state of a Job and its Pods. */
  readonly #summaries = new WeakMap<Job, { version: number; record: JobDetail | undefined; summary: JobSummary }>();
  /** Counts the records that were taken in. */
  #records = 0;
  readonly #recent = new Map<string, { version: string; jobs: JobSummary[] }>();
  /** The latest of those that left the cluster, by schedule, newest first. */
  readonly #gone = new Map<string, JobSummary[]>();

  constructor(parts: JobParts) {
    this.#parts = parts;
  }

  /** Takes a finished record in, so that lists show what its log said. */
  remember(detail: JobDetail): void {
    this.#records += 1;
    if (!detail.archived) {
      this.#recorded.set(detail.id, detail);
      return;
    }
    this.#recorded.delete(detail.id);
    const key = `${detail.namespace}/${detail.schedule}`;
    const others = (this.#gone.get(key) ?? []).filter((job) => job.id !== detail.id);
    this.#gone.set(key, [...others, toSummary(detail)].toSorted(newestFirst).slice(0, recentJobs));
  }

  scope(identity: Identity): Promise<Scope> {
    return this.#parts.access.scope(identity, listJobs);
  }

  /** Reads what is not remembered yet from the records: once, when the caches are complete. */
  async restore(): Promise<void> {
    const { caches, records } = this.#parts;
    for (const job of caches.jobs.list()) {
      const record = await records.get(job.metadata.uid ?? '');
      if (record !== undefined) this.remember(record);
    }
    for (const record of await records.latestGone(recentJobs)) this.remember(record);
  }

  summaryOf(job: Job): JobSummary {
    const uid = job.metadata.uid ?? '';
    const known = this.#summaries.get(job);
    const version = this.#parts.caches.podsVersion(uid);
    const record = this.#recorded.get(uid);
    if (known !== undefined && known.version === version && known.record === record) return known.summary;
    const summary = this.#summarise(job);
    this.#summaries.set(job, { version, record, summary });
    return summary;
  }

  #summarise(job: Job): JobSummary {
    const { caches } = this.#parts;
    const owner = job.metadata.ownerReferences?.find((item) => item.kind === resourceTypes.requestedBackupActions.kind);
    const uid = job.metadata.uid ?? '';
    return jobSummary({
      job,
      pods: caches.podsOf(uid),
      action: owner && caches.actions.get(job.metadata.namespace, owner.name),
      recorded: this.#recorded.get(uid),
    });
  }

  /** The latest jobs of a schedule, newest first: those in the cluster, and as many of those that left it. */
  recentOf(namespace: string, schedule: string): JobSummary[] {
    const key = `${namespace}/${schedule}`;
    const version = `${this.#parts.caches.jobsVersion(namespace, schedule)} ${this.#records}`;
    const known = this.#recent.get(key);
    if (known?.version === version) return known.jobs;
    const live = this.#parts.caches.jobsOf(namespace, schedule).map((job) => this.summaryOf(job));
    const jobs = [...live, ...(this.#gone.get(key) ?? [])].toSorted(newestFirst);
    this.#recent.set(key, { version, jobs });
    return jobs;
  }

  async list(identity: Identity, filter: JobFilter) {
    const scope = await this.scope(identity);
    const query: JobQuery = {
      namespaces: namespacesOf(scope, filter.namespace),
      schedule: filter.schedule,
      state: filter.state,
      operation: filter.operation,
    };
    const limit = filter.limit ?? pageSize;
    const before = filter.cursor === undefined ? undefined : parseCursor(filter.cursor);
    const live = this.#live(filter.namespace, isMatch(query));
    const newer = live.filter((job) => before === undefined || compare(job, before) > 0);
    const gone = await this.#parts.records.listGone(query, { limit: limit + 1, before });
    const merged = [...newer, ...gone.map(toSummary)].toSorted(newestFirst);
    const items = merged.slice(0, limit);
    const last = items.at(-1);
    const total = live.length + (await this.#parts.records.countGone(query));
    return { items, total, ...(merged.length > limit && last && { next: formatCursor(last) }) };
  }

  async detail(identity: Identity, key: { namespace: string; name: string }): Promise<JobDetail> {
    await this.#mustSee(identity, key.namespace);
    const job = this.#job(key);
    if (job === undefined) return this.#record(key);
    const recorded = this.#recorded.get(job.metadata.uid ?? '');
    const client = this.#parts.access.clientOf(identity);
    const pods = this.#parts.caches.podsOf(job.metadata.uid ?? '');
    if (recorded !== undefined) return { ...recorded, ...this.summaryOf(job), archived: false };
    const [events, log] = await Promise.all([this.#events(client, job, pods), this.#tailOf(client, job)]);
    return { ...buildJobDetail({ job, pods, events, ...log }), ...this.summaryOf(job) };
  }

  /** Stamped lines; see `getJobLog` of the API. */
  async log(
    identity: Identity,
    key: { namespace: string; name: string },
    options: { follow: boolean; since?: string; tail?: number; signal: AbortSignal },
  ): Promise<AsyncIterable<Buffer>> {
    await this.#mustSee(identity, key.namespace);
    const job = this.#job(key);
    const id = job?.metadata.uid ?? (await this.#record(key)).id;
    if (await this.#parts.archive.has(id)) {
      await this.#mustSeeLogs(identity, key.namespace);
      return readArchivedLog(this.#parts.archive, id, options);
    }
    if (job === undefined) throw new DomainError('not_found', 'The log of this job was not kept.');
    await this.#mustSeeLogs(identity, key.namespace);
    return readJobLog({ caches: this.#parts.caches, client: this.#parts.access.clientOf(identity) }, job, options);
  }

  /** Asks the cluster to end the job, as the person who asked. */
  async cancel(identity: Identity, key: { namespace: string; name: string }): Promise<void> {
    await this.#mustSee(identity, key.namespace);
    const job = this.#job(key);
    if (job === undefined) {
      await this.#record(key);
      throw new DomainError('already_finished');
    }
    if (isTerminal(jobState(job, []))) throw new DomainError('already_finished');
    await this.#parts.beforeCancel(job);
    const body = {
      metadata: { annotations: { [annotations.cancelledBy]: identity.name }, uid: job.metadata.uid },
      spec: { activeDeadlineSeconds: 1 },
    };
    await this.#parts.access.clientOf(identity).mergePatch(resourceTypes.jobs, key, { body });
  }

  #live(namespace: string | undefined, isWanted: (job: Job, summary: () => JobSummary) => boolean): JobSummary[] {
    const found: JobSummary[] = [];
    for (const job of this.#parts.caches.jobs.list(namespace)) {
      let summary: JobSummary | undefined;
      const summarise = () => {
        summary ??= this.summaryOf(job);
        return summary;
      };
      if (isWanted(job, summarise)) found.push(summarise());
    }
    return found.toSorted(newestFirst);
  }

  #job(key: { namespace: string; name: string }): Job | undefined {
    return this.#parts.caches.jobs.get(key.namespace, key.name);
  }

  async #record(key: { namespace: string; name: string }): Promise<JobDetail> {
    const record = await this.#parts.records.find(key.namespace, key.name);
    if (record === undefined) throw new DomainError('not_found');
    const { hasLog: _, ...detail } = record;
    return detail;
  }

  async #mustSee(identity: Identity, namespace: string): Promise<void> {
    if (!(await this.#parts.access.mayIn(identity, { ...listJobs, namespace }))) throw new DomainError('not_found');
  }

  async #mustSeeLogs(identity: Identity, namespace: string): Promise<void> {
    const question = { verb: 'get', resource: 'pods', subresource: 'log', namespace };
    if (!(await this.#parts.access.mayIn(identity, question))) {
      throw new DomainError('forbidden', `Your account may not read logs (get pods/log) in ${namespace}.`);
    }
  }

  #events(client: KubeClient, job: Job, pods: readonly Pod[]) {
    const uids = [job, ...pods].map((object) => object.metadata.uid ?? '');
    return eventsOf(client, job.metadata.namespace ?? '', new Set(uids));
  }

  async #tailOf(client: KubeClient, job: Job): Promise<{ log: JobLogSummary; lastLines: string[] }> {
    const reader = new LogReader();
    const options = { follow: false, tail: detailTail, signal: AbortSignal.timeout(5_000) };
    try {
      for await (const chunk of readJobLog({ caches: this.#parts.caches, client }, job, options)) reader.write(chunk);
    } catch (error) {
      // Somebody who may see jobs but not logs still sees the rest.
      if (!(error instanceof KubeError) || error.status !== 403) throw error;
    }
    return { log: reader.summary, lastLines: reader.lastLines };
  }
}

function namespacesOf(scope: Scope, wanted: string | undefined): string[] | undefined {
  if (wanted !== undefined) return inScope(scope, wanted) ? [wanted] : [];
  return scope === 'all' ? undefined : [...scope];
}

const isMatch = (query: JobQuery) => (job: Job, summary: () => JobSummary) =>
  (query.namespaces === undefined || query.namespaces.includes(job.metadata.namespace ?? '')) &&
  (query.schedule === undefined || job.metadata.labels?.[labels.schedule] === query.schedule) &&
  (query.operation === undefined || summary().operation === query.operation) &&
  (query.state === undefined || summary().state === query.state);

const toSummary = (detail: JobDetail): JobSummary => {
  const { phases: _p, failure: _f, progress: _g, events: _e, manifest: _m, ...summary } = detail;
  return summary;
};

const cursorOf = (job: JobSummary): JobCursor => ({ createdAt: Date.parse(job.createdAt), id: job.id });

/** Positive when the job is older than the cursor. */
function compare(job: JobSummary, cursor: JobCursor): number {
  const own = cursorOf(job);
  return cursor.createdAt - own.createdAt || (cursor.id > own.id ? 1 : cursor.id < own.id ? -1 : 0);
}

// Instants of one format sort as text.
export const newestFirst = (a: JobSummary, b: JobSummary): number =>
  descending(a.createdAt, b.createdAt) || descending(a.id, b.id);

const descending = (a: string, b: string): number => Number(a < b) - Number(a > b);

const formatCursor = (job: JobSummary): string => `${Date.parse(job.createdAt)}_${job.id}`;

function parseCursor(text: string): JobCursor {
  const match = /^(\d{1,16})_([A-Za-z0-9-]{1,64})$/.exec(text);
  if (match === null) throw new DomainError('malformed_request', 'This cursor is not one of ours.');
  return { createdAt: Number(match[1]), id: match[2] ?? '' };
}
