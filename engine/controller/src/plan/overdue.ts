import { type CronJob, type Job, parseCron } from '@backstay/shared';
import { hasSucceeded } from './health.ts';

/** A run that is late by less may still be running. */
const mostGraceMs = 60 * 60_000;

const laterOf = (times: readonly (string | undefined)[]): number => {
  const known = times.map((time) => Date.parse(time ?? '')).filter(Number.isFinite);
  return known.length === 0 ? Number.NaN : Math.max(...known);
};

export interface Punctuality {
  /** When the alarm begins, or began: after two starts without a success. Undefined: the schedule has no starts. */
  alarmAt: number | undefined;
  lastGood: string | undefined;
}

/** Of a CronJob that is not suspended. What counts is the last success, or the creation as long as there is none. */
export const punctualityOf = (cronJob: CronJob | undefined, jobs: readonly Job[]): Punctuality => {
  if (cronJob === undefined || cronJob.spec.suspend === true) {
    return { alarmAt: undefined, lastGood: undefined };
  }
  const { schedule, timeZone = 'UTC' } = cronJob.spec;
  const parsed = parseCron(schedule, { timeZone });
  const succeeded = jobs.filter(hasSucceeded).map((job) => job.status?.completionTime);
  const good = laterOf([cronJob.status?.lastSuccessfulTime, ...succeeded]);
  const since = Number.isNaN(good) ? Date.parse(cronJob.metadata.creationTimestamp ?? '') : good;
  const [first, second] = parsed.ok && Number.isFinite(since) ? parsed.schedule.nextRuns(2, new Date(since)) : [];
  if (first === undefined || second === undefined) {
    return { alarmAt: undefined, lastGood: undefined };
  }
  const grace = Math.min(second.getTime() - first.getTime(), mostGraceMs);
  return {
    alarmAt: second.getTime() + grace,
    lastGood: Number.isNaN(good) ? undefined : new Date(good).toISOString().replace(/\.\d+Z$/, 'Z'),
  };
};
