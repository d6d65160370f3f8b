import { findTimeZone, type TimeZone, wallClock } from './time-zone.ts';

/** Periods of which the last version is kept, in the order in which they are written. */
export const keepPeriods = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
export type KeepPeriod = (typeof keepPeriods)[number];

const daySeconds = 86_400;

/** Days since 1970-01-01 on the wall. */
const dayNumber = (wall: Date): number => Math.floor(wall.getTime() / 1000 / daySeconds);

/** 1970-01-05 was a Monday, and weeks begin on Mondays. */
const weekNumber = (wall: Date): number => Math.floor((dayNumber(wall) - 4) / 7);

const keyOf: Record<KeepPeriod, (zone: TimeZone, instant: number) => string> = {
  // In the hour that the clock shows twice, the offset tells the two apart.
  hourly: (zone, instant) => `${wallClock(zone, instant).toISOString().slice(0, 13)} ${zone.offsetAt(instant)}`,
  daily: (zone, instant) => String(dayNumber(wallClock(zone, instant))),
  weekly: (zone, instant) => String(weekNumber(wallClock(zone, instant))),
  monthly: (zone, instant) => wallClock(zone, instant).toISOString().slice(0, 7),
  yearly: (zone, instant) => String(wallClock(zone, instant).getUTCFullYear()),
};

/** Two instants are in the same period of the zone exactly when their keys agree. An unknown zone counts as UTC. */
export const periodKey = (period: KeepPeriod, timeZone: string, at: Date): string => {
  const zone = findTimeZone(timeZone) ?? findTimeZone('UTC');
  return zone === undefined ? '' : keyOf[period](zone, Math.floor(at.getTime() / 1000));
};
