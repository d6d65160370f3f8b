import {
  type CronJob,
  childName,
  type JobSummary,
  type Procedure,
  parseCron,
  type ScheduledBackup,
  type ScheduleState,
  type ScheduleSummary,
  scheduleState,
} from '@backstay/shared';
import { parseDocument } from 'yaml';
import { collectionOf, readVars } from '../../kubernetes/stored-vars.ts';
import type { StoredVersion } from '../../repository/repository-client.ts';

export interface ScheduleFactsheet {
  schedule: ScheduledBackup;
  cronJob: CronJob | undefined;
  /** Newest first. */
  jobs: readonly JobSummary[];
  newest: StoredVersion | undefined;
  procedure: Procedure | undefined;
  now: Date;
}

const shownJobs = 10;
const defaultCron = '00 02 * * *';

export function scheduleSummary(facts: ScheduleFactsheet): ScheduleSummary {
  const { schedule, jobs, newest, now } = facts;
  const { spec, metadata } = schedule;
  const timing = timingOf(schedule);
  const nextRun = timing.enabled && !timing.paused ? timing.nextAfter(now) : undefined;
  return {
    id: metadata.uid ?? '',
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    procedure: procedureRef(schedule, facts.procedure),
    collection: collectionOf(schedule),
    operation: spec.operation,
    ...(timing.enabled && { cron: timing.cron }),
    timeZone: timing.timeZone,
    paused: timing.paused,
    ...(nextRun && { nextRun: nextRun.toISOString() }),
    ...stateOf(facts),
    lastJobs: jobs
      .slice(0, shownJobs)
      .toReversed()
      .map(({ name, operation, state, createdAt }) => ({ name, operation, state, at: createdAt })),
    ...(newest && {
      newestVersion: {
        number: newest.versionNumber,
        createdAt: new Date(newest.CreatedAt).toISOString(),
        sizeBytes: newest.filesize,
      },
    }),
    createdAt: new Date(metadata.creationTimestamp ?? 0).toISOString(),
  };
}

export const isBuiltIn = (schedule: ScheduledBackup): boolean => schedule.spec.templateRef.kind === 'internal';

function procedureRef(schedule: ScheduledBackup, procedure: Procedure | undefined): ScheduleSummary['procedure'] {
  const { name } = schedule.spec.templateRef;
  return { kind: isBuiltIn(schedule) ? 'internal' : 'cluster', name, title: procedure?.title ?? name };
}

function timingOf(schedule: ScheduledBackup) {
  const { cronJob } = schedule.spec;
  const cron = cronJob.scheduleEvery ?? defaultCron;
  const timeZone = cronJob.timeZone ?? 'UTC';
  const parsed = parseCron(cron, { timeZone });
  return {
    cron,
    timeZone,
    enabled: cronJob.enabled,
    paused: cronJob.suspend === true,
    nextAfter: (instant: Date) => (parsed.ok ? parsed.schedule.next(instant) : undefined),
  };
}

function stateOf(facts: ScheduleFactsheet): { state: ScheduleState; reasons: string[] } {
  const { schedule, newest, jobs } = facts;
  const timing = timingOf(schedule);
  return scheduleState({
    now: facts.now,
    createdAt: new Date(schedule.metadata.creationTimestamp ?? 0),
    ...{ paused: timing.paused, enabled: timing.enabled, nextAfter: timing.nextAfter },
    invalid: invalidReason(facts),
    backups: jobs
      .filter((job) => job.operation === 'backup')
      .map(({ state, createdAt, reason }) => ({ state, at: new Date(createdAt), reason })),
    newest: newest && { number: newest.versionNumber, createdAt: new Date(newest.CreatedAt) },
  });
}

function invalidReason({ schedule, cronJob }: ScheduleFactsheet): string | undefined {
  const failed = schedule.status?.conditions?.find((condition) => condition.status === 'False');
  if (failed !== undefined) return failed.message;
  const wanted = schedule.spec.cronJob.enabled && schedule.status?.conditions?.some(({ status }) => status === 'True');
  if (!wanted || cronJob !== undefined) return undefined;
  return `The CronJob ${childName(schedule.metadata.name, schedule.spec.operation)} is missing: nothing runs by itself.`;
}

/** Name of the child CronJob; `HelmValues.name` may have renamed it, so the label finds it first. */
export const cronJobName = (schedule: ScheduledBackup): string =>
  childName(schedule.metadata.name, schedule.spec.operation);

const hidden = '(not shown)';

/** The schedule without the values of its secret parameters, which older schedules keep in their vars. */
export function withoutSecretVars(schedule: ScheduledBackup, secretNames: ReadonlySet<string>): ScheduledBackup {
  const { params, repository } = readVars(schedule);
  const secrets = [
    ...Object.keys(params).flatMap((name) => (secretNames.has(name) && params[name] ? [['Params', name]] : [])),
    ...['token', 'passphrase'].flatMap((name) => (repository[name] ? [['Repository', name]] : [])),
  ];
  if (secrets.length === 0) return schedule;
  const document = parseDocument(schedule.spec.vars);
  for (const path of secrets) document.setIn(path, hidden);
  return { ...schedule, spec: { ...schedule.spec, vars: document.toString({ lineWidth: 0 }) } };
}
