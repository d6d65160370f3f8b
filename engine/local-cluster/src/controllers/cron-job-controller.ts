import type { CronJob, Job } from '@backstay/shared';
import { type CronSchedule, parseCron } from '@backstay/shared';
import { timestamp } from '../clock.ts';
import { cloneJson, sameJson } from '../json.ts';
import type { ControllerContext } from './controller-context.ts';
import { createEventRecorder, type RecordEvent } from './event-recorder.ts';
import { endingOf } from './job-rules.ts';
import { createReconciler } from './reconciler.ts';
import {
  controlledBy,
  controllerOf,
  find,
  keyOf,
  mutate,
  placeOf,
  reasonOf,
  remove,
  resources,
  splitKey,
} from './resources.ts';
import { stopAll } from './stop-all.ts';

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
const tooManyMissed = 100;

type CronJobStatus = NonNullable<CronJob['status']>;

interface Work {
  context: ControllerContext;
  record: RecordEvent;
  cronJob: CronJob;
  jobs: Job[];
  status: CronJobStatus;
  now: Date;
}

const forget = (status: CronJobStatus, uid: string | undefined): void => {
  status.active = (status.active ?? []).filter((reference) => reference.uid !== uid);
};

const noteSuccess = (status: CronJobStatus, job: Job): void => {
  const ended = job.status?.completionTime;
  if (ended !== undefined && (status.lastSuccessfulTime === undefined || ended > status.lastSuccessfulTime)) {
    status.lastSuccessfulTime = ended;
  }
};

/** Takes ended and vanished Jobs out of status.active. */
const followJobs = ({ jobs, status, record, cronJob }: Work): void => {
  for (const job of jobs) {
    const ending = endingOf(job);
    const active = (status.active ?? []).some(({ uid }) => uid === job.metadata.uid);
    if (ending?.type === 'Complete') {
      noteSuccess(status, job);
    }
    if (ending !== undefined && active) {
      forget(status, job.metadata.uid);
      const message = `Saw completed job: ${job.metadata.name}, condition: ${ending.type}`;
      record(cronJob, { reason: 'SawCompletedJob', message });
    }
    if (ending === undefined && !active && job.metadata.deletionTimestamp === undefined) {
      const message = `Saw a job that the controller did not create or forgot: ${job.metadata.name}`;
      record(cronJob, { type: 'Warning', reason: 'UnexpectedJob', message });
    }
  }
  for (const { name, uid } of status.active ?? []) {
    if (!jobs.some((job) => job.metadata.uid === uid)) {
      forget(status, uid);
      record(cronJob, { reason: 'MissingJob', message: `Active job went missing: ${name}` });
    }
  }
};

const readSchedule = ({ cronJob, record }: Work): CronSchedule | undefined => {
  const { schedule, timeZone } = cronJob.spec;
  const zone = timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const result = parseCron(schedule, { timeZone: zone });
  if (!result.ok) {
    record(cronJob, {
      type: 'Warning',
      reason: 'UnparseableSchedule',
      message: `unparseable schedule: ${result.message}`,
    });
    return undefined;
  }
  return result.schedule;
};

const hasMissedTooMany = (schedule: CronSchedule, from: Date, to: Date): boolean => {
  let [count, at] = [0, schedule.next(from)];
  while (at !== undefined && at <= to && count <= tooManyMissed) {
    count += 1;
    at = schedule.next(at);
  }
  return count > tooManyMissed;
};

/** The most recent start that has not been made yet. */
const dueStart = ({ cronJob, status, now, record }: Work, schedule: CronSchedule): Date | undefined => {
  const deadline = cronJob.spec.startingDeadlineSeconds;
  const known = new Date(status.lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? 0);
  const horizon = deadline === undefined ? known : new Date(now.getTime() - deadline * 1000);
  const since = horizon > known ? horizon : known;
  const due = schedule.previous(now, since);
  if (due !== undefined && hasMissedTooMany(schedule, since, now)) {
    const message =
      'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew; only the last one is made up for';
    record(cronJob, { type: 'Warning', reason: 'TooManyMissedTimes', message });
  }
  return due;
};

const jobName = (cronJob: CronJob, start: Date): string =>
  `${cronJob.metadata.name}-${Math.floor(start.getTime() / 60_000)}`;

const jobFor = (cronJob: CronJob, start: Date): Job => {
  const { metadata, spec } = cloneJson(cronJob.spec.jobTemplate);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cronJob, start),
      namespace: cronJob.metadata.namespace ?? '',
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: { ...metadata?.annotations, [scheduledAnnotation]: timestamp(start) },
      ownerReferences: [controlledBy(cronJob)],
    },
    spec,
  };
};

const replaceActive = ({ context, status, record, cronJob }: Work): void => {
  for (const { name, uid } of status.active ?? []) {
    const place = { namespace: cronJob.metadata.namespace ?? '', name, ...(uid === undefined ? {} : { uid }) };
    remove(context.registry, resources.jobs, { place, propagationPolicy: 'Background' });
    record(cronJob, { reason: 'SuccessfulDelete', message: `Deleted job ${name}` });
  }
  status.active = [];
};

/** The Job of a start. Its name says which start it is of, so that one that was made before a crash is found again. */
const createJob = ({ context, cronJob, record }: Work, start: Date): Job | undefined => {
  try {
    const job = context.registry.create(resources.jobs, jobFor(cronJob, start)) as Job;
    record(cronJob, { reason: 'SuccessfulCreate', message: `Created job ${job.metadata.name}` });
    return job;
  } catch (error) {
    const place = { namespace: cronJob.metadata.namespace ?? '', name: jobName(cronJob, start) };
    const made = reasonOf(error) === 'AlreadyExists' ? find(context.registry, resources.jobs, place) : undefined;
    if (made !== undefined && controllerOf(made)?.uid === cronJob.metadata.uid) {
      return made as Job;
    }
    const message = `Error creating job: ${error instanceof Error ? error.message : String(error)}`;
    record(cronJob, { type: 'Warning', reason: 'FailedCreate', message });
    throw error;
  }
};

const startJob = (work: Work, start: Date): void => {
  const { cronJob, status, record } = work;
  const { concurrencyPolicy = 'Allow' } = cronJob.spec;
  if (concurrencyPolicy === 'Forbid' && (status.active ?? []).length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    record(cronJob, { reason: 'JobAlreadyActive', message });
    return;
  }
  if (concurrencyPolicy === 'Replace') {
    replaceActive(work);
  }
  const job = createJob(work, start);
  if (job === undefined) {
    return;
  }
  status.lastScheduleTime = timestamp(start);
  if (endingOf(job) === undefined) {
    const { name, namespace, uid } = job.metadata;
    status.active = [
      ...(status.active ?? []).filter((reference) => reference.uid !== uid),
      { apiVersion: job.apiVersion, kind: job.kind, name, namespace: namespace ?? '', uid: uid ?? '' },
    ];
  }
};

const trimHistory = ({ context, cronJob, jobs, record }: Work): void => {
  const limits = {
    Complete: cronJob.spec.successfulJobsHistoryLimit ?? 3,
    Failed: cronJob.spec.failedJobsHistoryLimit ?? 1,
  };
  for (const [type, limit] of Object.entries(limits)) {
    const ended = jobs
      .filter((job) => endingOf(job)?.type === type && job.metadata.deletionTimestamp === undefined)
      .sort((a, b) => (b.status?.startTime ?? '').localeCompare(a.status?.startTime ?? ''));
    for (const job of ended.slice(limit)) {
      remove(context.registry, resources.jobs, { place: placeOf(job), propagationPolicy: 'Background' });
      record(cronJob, { reason: 'SuccessfulDelete', message: `Deleted job ${job.metadata.name}` });
    }
  }
};

const save = ({ context, cronJob, status }: Work): void => {
  if (status.active?.length === 0) {
    delete status.active;
  }
  if (!sameJson(cronJob.status ?? {}, status)) {
    mutate(context.registry, {
      resource: resources.cronJobs,
      place: placeOf(cronJob),
      subresource: 'status',
      change: (copy) => {
        copy['status'] = cloneJson(status);
      },
    });
  }
};

const reconcileCronJob = (context: ControllerContext, record: RecordEvent, key: string): number | undefined => {
  const { namespace, name } = splitKey(key);
  const cronJob = context.registry.get(resources.cronJobs, namespace, name) as CronJob | undefined;
  if (cronJob === undefined) {
    return undefined;
  }
  const work: Work = {
    context,
    record,
    cronJob,
    jobs: context.jobs.of(cronJob) as Job[],
    status: cloneJson(cronJob.status ?? {}),
    now: context.clock.now(),
  };
  followJobs(work);
  const runs = cronJob.metadata.deletionTimestamp === undefined && cronJob.spec.suspend !== true;
  const schedule = runs ? readSchedule(work) : undefined;
  const due = schedule === undefined ? undefined : dueStart(work, schedule);
  if (due !== undefined) {
    startJob(work, due);
  }
  save(work);
  trimHistory(work);
  const next = schedule?.next(work.now);
  return next === undefined ? undefined : next.getTime() - work.now.getTime();
};

/** Makes Jobs of CronJobs at their times, as Kubernetes' CronJob controller does. Returns what stops it. */
export const startCronJobController = (context: ControllerContext): (() => void) => {
  const { registry } = context;
  const record = createEventRecorder({ ...context, component: 'cronjob-controller' });
  const cronJobs = createReconciler({
    ...context,
    name: 'cronjob',
    reconcile: (key) => reconcileCronJob(context, record, key),
  });
  const stops = [
    registry.subscribe(resources.cronJobs, ({ object }) => cronJobs.enqueue(keyOf(object))),
    registry.subscribe(resources.jobs, ({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === 'CronJob') {
        cronJobs.enqueue(`${object.metadata.namespace ?? ''}/${owner.name}`);
      }
    }),
  ];
  for (const cronJob of registry.list(resources.cronJobs).items) {
    cronJobs.enqueue(keyOf(cronJob));
  }
  return stopAll([...stops, cronJobs.stop]);
};
