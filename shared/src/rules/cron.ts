import { type CronFields, CronSyntaxError, parseCronFields } from './cron-fields.ts';
import { nextStart } from './cron-next.ts';
import { parseGoDuration } from './go-duration.ts';
import { findTimeZone, type TimeZone } from './time-zone.ts';

/** When something starts, as Kubernetes' CronJob controller reads it. Clock changes: a start in a skipped hour does not
 * happen, one in a repeated hour happens twice. */
export interface CronSchedule {
  /** The zone whose wall clock counts. */
  readonly timeZone: string;
  /** The first start after the instant. Undefined: there is none within five years. */
  next(after: Date): Date | undefined;
  /** The most recent start at or before `before` and after `since`. `@every` has no fixed starts: it counts from `since`,
   * and without it there is none. Undefined: none, or none within five years. */
  previous(before: Date, since?: Date): Date | undefined;
  /** At most `count` starts after the instant, in order. */
  nextRuns(count: number, after: Date): Date[];
}

export type CronResult = { ok: true; schedule: CronSchedule } | { ok: false; message: string };

export interface CronOptions {
  /** IANA name. Default: UTC. */
  timeZone?: string;
  /** Accepts a leading `TZ=` or `CRON_TZ=`, which a Kubernetes CronJob refuses. Default: false. */
  timeZoneInExpression?: boolean;
}

type NextStart = (after: number) => number | undefined;

/** Words for an expression, as Kubernetes knows them. */
export const cronDescriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const every = '@every ';
const fiveYears = 5 * 366 * 86_400;

/** Bisects for the last second from which the next start is not yet past: one search for minutely and yearly schedules. */
const previousStart = (next: NextStart, before: number): number | undefined => {
  let reach = 60;
  while ((next(before - reach) ?? Number.POSITIVE_INFINITY) > before) {
    if (reach > fiveYears) {
      return undefined;
    }
    reach *= 2;
  }
  let [low, high] = [before - reach, before];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if ((next(middle) ?? Number.POSITIVE_INFINITY) <= before) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return next(low);
};

const toDate = (seconds: number | undefined): Date | undefined =>
  seconds === undefined ? undefined : new Date(seconds * 1000);
const toSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);

const createSchedule = (zone: TimeZone, next: NextStart, previous: CronSchedule['previous']): CronSchedule => ({
  timeZone: zone.name,
  next: (after) => toDate(next(toSeconds(after))),
  previous,
  nextRuns: (count, after) => {
    const runs: Date[] = [];
    for (let at = next(toSeconds(after)); at !== undefined && runs.length < count; at = next(at)) {
      runs.push(new Date(at * 1000));
    }
    return runs;
  },
});

const fieldSchedule = (fields: CronFields, zone: TimeZone): CronSchedule => {
  const next: NextStart = (after) => nextStart(fields, zone, after);
  return createSchedule(zone, next, (before, since) => {
    const found = toDate(previousStart(next, toSeconds(before)));
    return found !== undefined && since !== undefined && found <= since ? undefined : found;
  });
};

const intervalSchedule = (text: string, zone: TimeZone): CronSchedule => {
  const milliseconds = parseGoDuration(text);
  if (milliseconds === undefined) {
    throw new CronSyntaxError(`"${text}" is not a duration; write @every with hours, minutes or seconds, e.g. 1h30m.`);
  }
  const delay = Math.max(1, Math.floor(milliseconds / 1000));
  return createSchedule(
    zone,
    (after) => after + delay,
    (before, since) => {
      const rounds = since === undefined ? 0 : Math.floor((toSeconds(before) - toSeconds(since)) / delay);
      return since === undefined || rounds < 1 ? undefined : toDate(toSeconds(since) + rounds * delay);
    },
  );
};

const parseSchedule = (expression: string, zone: TimeZone): CronSchedule => {
  if (!expression.startsWith('@')) {
    return fieldSchedule(parseCronFields(expression), zone);
  }
  if (expression.startsWith(every)) {
    return intervalSchedule(expression.slice(every.length), zone);
  }
  const meaning = Object.hasOwn(cronDescriptors, expression) ? cronDescriptors[expression] : undefined;
  if (meaning === undefined) {
    throw new CronSyntaxError(
      `"${expression}" is not known; use ${Object.keys(cronDescriptors).join(', ')} or "@every 1h30m".`,
    );
  }
  return fieldSchedule(parseCronFields(meaning), zone);
};

const zoneNamed = (name: string): TimeZone => {
  const zone = findTimeZone(name);
  if (zone === undefined) {
    throw new CronSyntaxError(`"${name}" is not a time zone; use a name such as Europe/Warsaw or UTC.`);
  }
  return zone;
};

const splitZone = (expression: string, options: CronOptions): { zone: TimeZone; rest: string } => {
  const outer = zoneNamed(options.timeZone ?? 'UTC');
  const prefix = /^(?:CRON_)?TZ=(\S*)(?:\s+(.*))?$/s.exec(expression);
  if (!options.timeZoneInExpression && expression.includes('TZ')) {
    throw new CronSyntaxError('A schedule cannot hold a time zone (TZ=); set the time zone in its own field.');
  }
  if (prefix === null) {
    return { zone: outer, rest: expression };
  }
  const [, name = '', rest = ''] = prefix;
  return { zone: zoneNamed(name === '' ? 'UTC' : name), rest: rest.trim() };
};

/** Reads a schedule as Kubernetes does: five fields, `@daily` and the like, `@every 1h30m`. The message is for people. */
export const parseCron = (expression: string, options: CronOptions = {}): CronResult => {
  try {
    if (expression.trim() === '') {
      throw new CronSyntaxError('The schedule is empty; write for example "0 2 * * *" for every night at two.');
    }
    const { zone, rest } = splitZone(expression, options);
    return { ok: true, schedule: parseSchedule(rest, zone) };
  } catch (error) {
    if (error instanceof CronSyntaxError) {
      return { ok: false, message: error.message };
    }
    throw error;
  }
};
