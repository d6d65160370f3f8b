import { setTimeout as delay } from 'node:timers/promises';
import { type KubeClient, KubeError } from '@backstay/kubernetes';
import type { Job, Pod } from '@backstay/shared';
import type { ClusterCaches } from '../../kubernetes/cluster-caches.ts';
import { isTerminal, jobState } from '../../kubernetes/job-state.ts';
import { LineStamps, normaliseInstant } from './line-stamps.ts';

export interface JobLogOptions {
  follow: boolean;
  /** Lines after this instant only. */
  since?: string;
  /** At most that many lines of each container that is there already. */
  tail?: number;
  signal: AbortSignal;
  /** Called whenever the log of a container begins to come. */
  onOpen?: () => void;
}

export interface LogParts {
  caches: Pick<ClusterCaches, 'jobs' | 'podsOf'> & { pods: Pick<ClusterCaches['pods'], 'get' | 'onChange'> };
  /** Reads with the rights of whoever asks. */
  client: KubeClient;
}

const retryMilliseconds = 500;
const settleMilliseconds = 2_000;

interface Reading extends JobLogOptions {
  parts: LogParts;
  job: { uid: string; namespace: string; name: string };
  stamps: LineStamps;
  /** Resolves at the next change of the Job or one of its Pods, and at the latest after the time given. */
  changed(milliseconds?: number): Promise<void>;
}

/**
 * The log of a job as `<instant> <text>` lines: every container of every Pod in the order in which they run. With `follow`
 * it waits for Pods that are not there yet and ends with the Job. A broken connection is taken up again where it broke.
 * Memory stays that of one chunk: the reader sets the pace.
 */
export async function* readJobLog(parts: LogParts, job: Job, options: JobLogOptions): AsyncGenerator<Buffer> {
  const of = { uid: job.metadata.uid ?? '', namespace: job.metadata.namespace ?? '', name: job.metadata.name };
  const watcher = watchJob(parts.caches, of, options.signal);
  const stamps = new LineStamps({ since: options.since });
  try {
    yield* readPods({ ...options, parts, job: of, stamps, changed: watcher.next });
  } finally {
    watcher.stop();
  }
}

async function* readPods(reading: Reading): AsyncGenerator<Buffer> {
  const read = new Set<string>();
  const patience = new Patience(reading);
  while (!reading.signal.aborted) {
    const isOver = jobIsOver(reading);
    const pod = reading.parts.caches.podsOf(reading.job.uid).find((item) => !read.has(item.metadata.uid ?? ''));
    if (pod !== undefined) {
      read.add(pod.metadata.uid ?? '');
      yield* readPod(reading, pod);
    } else if (!reading.follow || (isOver && (read.size > 0 || !(await patience.wait())))) {
      return;
    } else if (!isOver) {
      await reading.changed();
    }
  }
}

/** Jobs and Pods are watched apart: what a Job that is over says of its Pods may still be under way. */
class Patience {
  readonly #reading: Reading;
  #deadline: number | undefined;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** Waits for a change; false once that took too long altogether. */
  async wait(): Promise<boolean> {
    this.#deadline ??= Date.now() + settleMilliseconds;
    const left = this.#deadline - Date.now();
    if (left <= 0 || this.#reading.signal.aborted) return false;
    await this.#reading.changed(left);
    return true;
  }
}

async function* readPod(reading: Reading, pod: Pod): AsyncGenerator<Buffer> {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  for (const { name } of containers) {
    if (!(await hasStarted(reading, pod, name))) continue;
    yield* readContainer(reading, pod, name);
    yield reading.stamps.end();
  }
}

async function* readContainer(reading: Reading, pod: Pod, container: string): AsyncGenerator<Buffer> {
  let from = reading.since;
  let tailLines = reading.tail;
  while (!reading.signal.aborted) {
    const wasOver = containerIsOver(reading, pod, container);
    const isWhole = yield* readOnce(reading, { pod, container, from, tailLines });
    if (isWhole && (!reading.follow || wasOver || (await isOverSoon(reading, pod, container)))) return;
    // The stream ended, the container did not: go on after the last line.
    reading.stamps = new LineStamps({ since: reading.stamps.last, after: floorToSecond(reading.stamps.last) });
    from = reading.stamps.last;
    tailLines = undefined;
    if (!isWhole) await delay(retryMilliseconds, undefined, { signal: reading.signal }).catch(() => undefined);
  }
}

interface Stretch {
  pod: Pod;
  container: string;
  from: string | undefined;
  tailLines: number | undefined;
}

/** True when the server ended the stream; false when it broke and is worth another try. */
async function* readOnce(reading: Reading, stretch: Stretch): AsyncGenerator<Buffer, boolean> {
  const key = { namespace: reading.job.namespace, name: stretch.pod.metadata.name };
  const log = reading.parts.client.podLog(key, {
    container: stretch.container,
    follow: reading.follow,
    timestamps: true,
    signal: reading.signal,
    ...(reading.onOpen && { onOpen: reading.onOpen }),
    ...(stretch.from !== undefined && { sinceTime: floorToSecond(stretch.from).replace(/\.\d+Z$/, 'Z') }),
    ...(stretch.tailLines !== undefined && { tailLines: stretch.tailLines }),
  });
  try {
    for await (const chunk of log) {
      const lines = reading.stamps.write(chunk);
      if (lines.length > 0) yield lines;
    }
    return true;
  } catch (error) {
    if (reading.signal.aborted || isGone(error)) return true;
    if (isRefusal(error) || !reading.follow) throw error;
    return false;
  }
}

const isGone = (error: unknown) => error instanceof KubeError && (error.status === 404 || error.status === 400);
const isRefusal = (error: unknown) => error instanceof KubeError && (error.status === 401 || error.status === 403);

// Kubernetes keeps whole seconds of `sinceTime`.
const floorToSecond = (instant: string): string => {
  const stamp = normaliseInstant(instant) ?? instant;
  return `${stamp.slice(0, 19)}.000000000Z`;
};

function jobIsOver(reading: Reading): boolean {
  const job = reading.parts.caches.jobs.get(reading.job.namespace, reading.job.name);
  if (job === undefined || job.metadata.uid !== reading.job.uid) return true;
  return isTerminal(jobState(job, []));
}

const currentPod = (reading: Reading, pod: Pod): Pod | undefined => {
  const current = reading.parts.caches.pods.get(reading.job.namespace, pod.metadata.name);
  return current?.metadata.uid === pod.metadata.uid ? current : undefined;
};

function stateOf(pod: Pod, container: string) {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return statuses.find((status) => status.name === container)?.state;
}

const podIsOver = (pod: Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

function containerIsOver(reading: Reading, pod: Pod, container: string): boolean {
  const current = currentPod(reading, pod);
  return current === undefined || podIsOver(current) || stateOf(current, container)?.terminated !== undefined;
}

async function hasStarted(reading: Reading, pod: Pod, container: string): Promise<boolean> {
  const patience = new Patience(reading);
  while (!reading.signal.aborted) {
    const current = currentPod(reading, pod);
    if (current === undefined) return false;
    const state = stateOf(current, container);
    if (state?.running ?? state?.terminated) return true;
    if (!reading.follow || podIsOver(current)) return false;
    if (!jobIsOver(reading)) await reading.changed();
    else if (!(await patience.wait())) return false;
  }
  return false;
}

async function isOverSoon(reading: Reading, pod: Pod, container: string): Promise<boolean> {
  const patience = new Patience(reading);
  do {
    if (containerIsOver(reading, pod, container)) return true;
  } while (await patience.wait());
  return reading.signal.aborted;
}

/** `next` resolves at the next change, when `signal` aborts, or after the time given. */
function watchJob(caches: LogParts['caches'], of: Reading['job'], signal: AbortSignal) {
  let wake = Promise.withResolvers<void>();
  const changed = () => {
    const woken = wake;
    wake = Promise.withResolvers<void>();
    woken.resolve();
  };
  signal.addEventListener('abort', changed);
  const offs = [
    caches.jobs.onChange(({ object }) => {
      if (object.metadata.uid === of.uid) changed();
    }),
    caches.pods.onChange(({ object }) => {
      if (object.metadata.ownerReferences?.some((owner) => owner.uid === of.uid)) changed();
    }),
    () => signal.removeEventListener('abort', changed),
  ];
  return {
    next: async (milliseconds?: number): Promise<void> => {
      const timer = milliseconds === undefined ? undefined : setTimeout(changed, milliseconds);
      if (!signal.aborted) await wake.promise;
      clearTimeout(timer);
    },
    stop: () => {
      for (const off of offs) off();
    },
  };
}
