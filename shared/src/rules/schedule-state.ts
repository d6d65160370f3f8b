import type { JobState } from '../api/jobs.ts';
import type { ScheduleState } from '../api/schedules.ts';

/** What is known about a schedule when its state is worked out. */
export interface ScheduleFacts {
  now: Date;
  createdAt: Date;
  /** The person switched it off, or no CronJob is wanted. */
  paused: boolean;
  enabled: boolean;
  /** The next planned start after an instant; undefined without a valid plan. */
  nextAfter: (instant: Date) => Date | undefined;
  /** Why the engine could not set it up; undefined when it could, or is still at it. */
  invalid?: string;
  /** Backup jobs, newest first. */
  backups: readonly { state: JobState; at: Date; reason?: string }[];
  /** The newest version in the collection. */
  newest?: { number: number; createdAt: Date };
}

const minute = 60_000;
const graceLimits = { least: 10 * minute, most: 6 * 60 * minute };

/**
 * Never green from intent: `protected` needs a stored version that is no older than the plan allows. Of several states the
 * worst counts; the reasons name all of them.
 */
export function scheduleState(facts: ScheduleFacts): { state: ScheduleState; reasons: string[] } {
  if (facts.invalid !== undefined) return { state: 'invalid', reasons: [facts.invalid, ...storedReasons(facts)] };
  const failure = lastFailure(facts);
  const overdue = overdueReason(facts);
  if (failure !== undefined) {
    return { state: 'failing', reasons: [failure, ...(overdue ? [overdue] : []), ...storedReasons(facts)] };
  }
  if (facts.paused)
    return { state: 'paused', reasons: ['It is paused: nothing runs by itself.', ...storedReasons(facts)] };
  if (overdue !== undefined) return { state: 'overdue', reasons: [overdue, ...storedReasons(facts)] };
  if (facts.newest !== undefined) return { state: 'protected', reasons: storedReasons(facts) };
  if (facts.backups.some((job) => job.state === 'succeeded')) {
    return { state: 'failing', reasons: ['A backup succeeded, but the collection holds no version any more.'] };
  }
  return { state: 'never-ran', reasons: ['No backup was made yet.'] };
}

function storedReasons({ newest, now }: ScheduleFacts): string[] {
  if (newest === undefined) return [];
  return [
    `The newest backup (version ${newest.number}) is ${ageInWords(now.getTime() - newest.createdAt.getTime())} old.`,
  ];
}

// Running and cancelled ones say nothing about whether it works.
function lastFailure({ backups }: ScheduleFacts): string | undefined {
  const last = backups.find((job) => job.state === 'succeeded' || job.state === 'failed');
  if (last?.state !== 'failed') return undefined;
  return last.reason === undefined ? 'The last backup failed.' : `The last backup failed. ${last.reason}`;
}

/** Late by more than half a period, but at least ten minutes and at most six hours. */
function overdueReason(facts: ScheduleFacts): string | undefined {
  if (!facts.enabled || facts.paused) return undefined;
  const since = facts.newest?.createdAt ?? facts.createdAt;
  const due = facts.nextAfter(since);
  const following = due && facts.nextAfter(due);
  if (due === undefined || following === undefined) return undefined;
  const half = (following.getTime() - due.getTime()) / 2;
  const grace = Math.min(graceLimits.most, Math.max(graceLimits.least, half));
  const late = facts.now.getTime() - due.getTime();
  if (late <= grace) return undefined;
  return `A backup was due ${ageInWords(late)} ago and is not there.`;
}

function ageInWords(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / minute));
  const hours = Math.floor(minutes / 60);
  if (minutes < 1) return 'less than a minute';
  if (hours < 1) return count(minutes, 'minute');
  return hours < 48 ? count(hours, 'hour') : count(Math.floor(hours / 24), 'day');
}

const count = (number: number, unit: string) => `${number} ${unit}${number === 1 ? '' : 's'}`;
