import type { Job, KubeObject, Pod } from '@backstay/shared';
import { timestamp } from '../clock.ts';
import { cloneJson, sameJson } from '../json.ts';
import type { ControllerContext } from './controller-context.ts';
import { createEventRecorder, type RecordEvent } from './event-recorder.ts';
import { hasFailed, hasSucceeded, isActive, isReady, isTerminating, isTracked, podFor, release } from './job-pods.ts';
import {
  backoffLeft,
  type Ending,
  endingOf,
  failureOf,
  type JobStatus,
  type JobView,
  setCondition,
  successOf,
  untilDeadline,
  wantedPods,
} from './job-rules.ts';
import { createReconciler } from './reconciler.ts';
import { controllerOf, find, keyOf, mutate, placeOf, remove, resources, splitKey } from './resources.ts';
import { stopAll } from './stop-all.ts';

const podsAtOnce = 100;

interface Uncounted {
  succeeded?: string[];
  failed?: string[];
}

interface Work extends JobView {
  context: ControllerContext;
  record: RecordEvent;
}

const save = ({ context, job, status }: Work): void => {
  if (sameJson(job.status ?? {}, status)) {
    return;
  }
  mutate(context.registry, {
    resource: resources.jobs,
    place: placeOf(job),
    subresource: 'status',
    change: (copy) => {
      copy['status'] = cloneJson(status);
    },
  });
};

const podsOf = ({ pods }: ControllerContext, job: KubeObject): Pod[] => pods.of(job) as Pod[];

/** Moves the results that were noted as uncounted into the counts. Their Pods are let go first: a crash between repeats it. */
const settle = ({ context, status, pods }: Work): void => {
  const uncounted = status['uncountedTerminatedPods'] as Uncounted | undefined;
  if (uncounted === undefined) {
    return;
  }
  const { succeeded = [], failed = [] } = uncounted;
  for (const pod of pods) {
    if (isTracked(pod) && [...succeeded, ...failed].includes(pod.metadata.uid ?? '')) {
      release(context.registry, pod);
    }
  }
  status.succeeded = (status.succeeded ?? 0) + succeeded.length;
  status.failed = (status.failed ?? 0) + failed.length;
  delete status['uncountedTerminatedPods'];
};

const uidsOf = (pods: readonly Pod[]): string[] => pods.map(({ metadata }) => metadata.uid ?? '');

/** Counts each ended Pod exactly once: it is noted durably, let go, then counted. */
const countEnded = (work: Work): void => {
  const left = work.status['uncountedTerminatedPods'] as Uncounted | undefined;
  const noted = new Set([...(left?.succeeded ?? []), ...(left?.failed ?? [])]);
  if (left !== undefined) {
    settle(work);
    save(work);
  }
  const fresh = work.pods.filter((pod) => isTracked(pod) && !noted.has(pod.metadata.uid ?? ''));
  const succeeded = uidsOf(fresh.filter(hasSucceeded));
  const failed = uidsOf(fresh.filter(hasFailed));
  if (succeeded.length + failed.length > 0) {
    work.status['uncountedTerminatedPods'] = { succeeded, failed };
    save(work);
    settle(work);
  }
};

const deletePod = ({ context, record, job }: Work, pod: Pod): void => {
  if (remove(context.registry, resources.pods, { place: placeOf(pod) })) {
    record(job, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` });
  }
};

/** Removes Pods that are too many or of a suspended Job; they count neither as failed nor as succeeded. */
const deleteUncounted = (work: Work, pods: readonly Pod[]): void => {
  for (const pod of pods) {
    release(work.context.registry, pod);
    deletePod(work, pod);
  }
};

const createPods = (work: Work, count: number): void => {
  const { context, record, job } = work;
  for (let index = 0; index < count; index += 1) {
    try {
      const pod = context.registry.create(resources.pods, podFor(job));
      record(job, { reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}` });
    } catch (error) {
      const message = `Error creating: ${error instanceof Error ? error.message : String(error)}`;
      record(job, { type: 'Warning', reason: 'FailedCreate', message });
      throw error;
    }
  }
};

/** Newer Pods, and those that are not ready, go first. */
const inOrderOfRemoval = (pods: readonly Pod[]): Pod[] =>
  [...pods].sort(
    (a, b) =>
      Number(isReady(a)) - Number(isReady(b)) ||
      Date.parse(b.metadata.creationTimestamp ?? '') - Date.parse(a.metadata.creationTimestamp ?? ''),
  );

/** Makes as many Pods active as should be. Returns how long to wait before more may be made. */
const balance = (work: Work): number | undefined => {
  const active = work.pods.filter(isActive);
  const missing = wantedPods(work) - active.length;
  if (missing < 0) {
    deleteUncounted(work, inOrderOfRemoval(active).slice(0, -missing));
  }
  if (missing <= 0) {
    return undefined;
  }
  const wait = backoffLeft(work);
  if (wait > 0) {
    return wait;
  }
  // The Pods that are made bring the Job up again for the rest.
  createPods(work, Math.min(missing, podsAtOnce));
  return undefined;
};

const suspendOrResume = (work: Work): void => {
  const { job, status, now, record } = work;
  const before = status.conditions?.find(({ type }) => type === 'Suspended');
  if (job.spec.suspend === true && before?.status !== 'True') {
    setCondition(status, { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' }, now);
    delete status.startTime;
    record(job, { reason: 'Suspended', message: 'Job suspended' });
  } else if (job.spec.suspend !== true && before?.status === 'True') {
    setCondition(status, { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' }, now);
    status.startTime = timestamp(now);
    record(job, { reason: 'Resumed', message: 'Job resumed' });
  }
};

const fail = (work: Work, ending: Ending): void => {
  const { job, status, pods, now, record } = work;
  setCondition(status, { type: 'FailureTarget', status: 'True', ...ending }, now);
  for (const pod of pods.filter(isActive)) {
    deletePod(work, pod);
  }
  // The end is told when nothing of the Job runs any more.
  if (!podsOf(work.context, job).some((pod) => isActive(pod) || isTerminating(pod))) {
    setCondition(status, { type: 'Failed', status: 'True', ...ending }, now);
    record(job, { type: 'Warning', ...ending });
  }
};

const complete = ({ job, status, now, record }: Work, ending: Ending): void => {
  setCondition(status, { type: 'SuccessCriteriaMet', status: 'True', ...ending }, now);
  setCondition(status, { type: 'Complete', status: 'True', ...ending }, now);
  status.completionTime = timestamp(now);
  record(job, { reason: 'Completed', message: 'Job completed' });
};

const countActive = (work: Work): void => {
  const pods = podsOf(work.context, work.job);
  const counts = {
    active: pods.filter(isActive).length,
    ready: pods.filter((pod) => isActive(pod) && isReady(pod)).length,
    terminating: pods.filter(isTerminating).length,
  };
  for (const [name, count] of Object.entries(counts)) {
    if (count > 0 || name !== 'active') {
      work.status[name] = count;
    } else {
      delete work.status[name];
    }
  }
};

const advance = (work: Work): number | undefined => {
  const failure = failureOf(work);
  const success = failure === undefined ? successOf(work) : undefined;
  if (failure !== undefined) {
    fail(work, failure);
    return undefined;
  }
  if (success !== undefined) {
    complete(work, success);
    return undefined;
  }
  suspendOrResume(work);
  const waits = [balance(work), untilDeadline(work.job, work.status, work.now)];
  return waits.filter((wait) => wait !== undefined).sort((a, b) => a - b)[0];
};

const reconcileJob = (context: ControllerContext, record: RecordEvent, key: string): number | undefined => {
  const { registry, clock } = context;
  const { namespace, name } = splitKey(key);
  const job = registry.get(resources.jobs, namespace, name) as Job | undefined;
  if (job === undefined) {
    return undefined;
  }
  const pods = podsOf(context, job);
  if (endingOf(job) !== undefined) {
    for (const pod of pods.filter((each) => isTracked(each) && !isActive(each))) {
      release(registry, pod);
    }
    return undefined;
  }
  const status: JobStatus = cloneJson(job.status ?? {});
  const work: Work = { context, record, job, pods, status, now: clock.now() };
  if (status.startTime === undefined && job.spec.suspend !== true) {
    status.startTime = timestamp(work.now);
  }
  countEnded(work);
  const again = job.metadata.deletionTimestamp === undefined ? advance(work) : undefined;
  countActive(work);
  save(work);
  return again;
};

/** A Pod whose Job is gone is counted by nobody. */
const releaseOrphan = ({ registry }: ControllerContext, pod: Pod): void => {
  const owner = controllerOf(pod);
  const place = { namespace: pod.metadata.namespace ?? '', name: owner?.name ?? '', uid: owner?.uid ?? '' };
  if (isTracked(pod) && (owner === undefined || find(registry, resources.jobs, place) === undefined)) {
    release(registry, pod);
  }
};

/** Runs Jobs to their end as Kubernetes' Job controller does, except Indexed ones. Returns what stops it. */
export const startJobController = (context: ControllerContext): (() => void) => {
  const { registry, clock, logger } = context;
  const record = createEventRecorder({ ...context, component: 'job-controller' });
  const jobs = createReconciler({
    name: 'job',
    clock,
    logger,
    reconcile: (key) => reconcileJob(context, record, key),
  });
  const orphans = createReconciler({
    name: 'job-orphans',
    clock,
    logger,
    reconcile: (key) => {
      const { namespace, name } = splitKey(key);
      const pod = registry.get(resources.pods, namespace, name) as Pod | undefined;
      if (pod !== undefined) {
        releaseOrphan(context, pod);
      }
      return undefined;
    },
  });
  const onPod = (pod: Pod): void => {
    const owner = controllerOf(pod);
    if (owner?.kind === 'Job') {
      jobs.enqueue(`${pod.metadata.namespace ?? ''}/${owner.name}`);
    }
    if (isTracked(pod)) {
      orphans.enqueue(keyOf(pod));
    }
  };
  const stops = [
    registry.subscribe(resources.jobs, ({ type, object }) => {
      jobs.enqueue(keyOf(object));
      if (type === 'DELETED') {
        for (const pod of podsOf(context, object)) {
          onPod(pod);
        }
      }
    }),
    registry.subscribe(resources.pods, ({ object }) => onPod(object as Pod)),
  ];
  for (const job of registry.list(resources.jobs).items) {
    jobs.enqueue(keyOf(job));
  }
  for (const pod of registry.list(resources.pods).items) {
    onPod(pod as Pod);
  }
  return stopAll([...stops, jobs.stop, orphans.stop]);
};
