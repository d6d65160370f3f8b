import type { CronFields } from './cron-fields.ts';
import { instantOf, type TimeZone, wallClock } from './time-zone.ts';

/* The search follows robfig/cron step by step, because Kubernetes' behaviour at clock changes follows from those steps. */

interface Search {
  readonly fields: CronFields;
  readonly zone: TimeZone;
  at: number;
  /** Whether smaller units than the one being searched have been set to their beginning. */
  reset: boolean;
}

const yearsAhead = 5;

const dayMatches = ({ dayOfMonth, dayOfWeek }: CronFields, clock: Date): boolean => {
  const inMonth = dayOfMonth.values.has(clock.getUTCDate());
  const inWeek = dayOfWeek.values.has(clock.getUTCDay());
  return dayOfMonth.star || dayOfWeek.star ? inMonth && inWeek : inMonth || inWeek;
};

/** Sets the parts of the wall clock below the named one to their beginning, once for a search. */
const reset = (search: Search, unit: 'month' | 'day' | 'hour'): void => {
  if (search.reset) {
    return;
  }
  search.reset = true;
  const clock = wallClock(search.zone, search.at);
  const day = unit === 'month' ? 1 : clock.getUTCDate();
  const hour = unit === 'hour' ? clock.getUTCHours() : 0;
  search.at = instantOf(search.zone, [clock.getUTCFullYear(), clock.getUTCMonth(), day, hour]);
};

const addDate = (zone: TimeZone, at: number, add: { months: number; days: number }): number => {
  const clock = wallClock(zone, at);
  return instantOf(zone, [
    clock.getUTCFullYear(),
    clock.getUTCMonth() + add.months,
    clock.getUTCDate() + add.days,
    clock.getUTCHours(),
    clock.getUTCMinutes(),
  ]);
};

/** Each step returns false when a larger unit has changed and must be looked at again. */
type Step = (search: Search) => boolean;

const toMonth: Step = (search) => {
  const { fields, zone } = search;
  while (!fields.month.values.has(wallClock(zone, search.at).getUTCMonth() + 1)) {
    reset(search, 'month');
    search.at = addDate(zone, search.at, { months: 1, days: 0 });
    if (wallClock(zone, search.at).getUTCMonth() === 0) {
      return false;
    }
  }
  return true;
};

const nextDay = (zone: TimeZone, today: number): number => {
  const added = addDate(zone, today, { months: 0, days: 1 });
  // A zone that crosses the date line drops a whole day: the search must still go forward.
  const at = added > today ? added : today + 86_400;
  const hour = wallClock(zone, at).getUTCHours();
  // Some zones change their clock at midnight, which then does not exist.
  return hour > 12 ? at + (24 - hour) * 3600 : at - hour * 3600;
};

const toDay: Step = (search) => {
  const { fields, zone } = search;
  while (!dayMatches(fields, wallClock(zone, search.at))) {
    reset(search, 'day');
    search.at = nextDay(zone, search.at);
    if (wallClock(zone, search.at).getUTCDate() === 1) {
      return false;
    }
  }
  return true;
};

const toHour: Step = (search) => {
  const { fields, zone } = search;
  while (!fields.hour.values.has(wallClock(zone, search.at).getUTCHours())) {
    reset(search, 'hour');
    search.at += 3600;
    if (wallClock(zone, search.at).getUTCHours() === 0) {
      return false;
    }
  }
  return true;
};

const toMinute: Step = (search) => {
  const { fields, zone } = search;
  while (!fields.minute.values.has(wallClock(zone, search.at).getUTCMinutes())) {
    if (!search.reset) {
      search.reset = true;
      search.at -= search.at % 60;
    }
    search.at += 60;
    if (wallClock(zone, search.at).getUTCMinutes() === 0) {
      return false;
    }
  }
  return true;
};

const toSecond: Step = (search) => {
  const second = wallClock(search.zone, search.at).getUTCSeconds();
  if (second === 0) {
    return true;
  }
  search.reset = true;
  search.at += 60 - second;
  return false;
};

const steps: readonly Step[] = [toMonth, toDay, toHour, toMinute, toSecond];

/** The first start after an instant (seconds since 1970). Undefined: there is none within five years. */
export const nextStart = (fields: CronFields, zone: TimeZone, after: number): number | undefined => {
  const search: Search = { fields, zone, at: Math.floor(after) + 1, reset: false };
  const lastYear = wallClock(zone, search.at).getUTCFullYear() + yearsAhead;
  while (wallClock(zone, search.at).getUTCFullYear() <= lastYear) {
    if (steps.every((step) => step(search))) {
      return search.at;
    }
  }
  return undefined;
};
