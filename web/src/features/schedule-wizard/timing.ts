import { type CronResult, parseCron } from '@backstay/shared';

export type TimingMode = 'hourly' | 'daily' | 'weekly' | 'monthly' | 'cron' | 'manual';

/** What the builder holds. Every mode keeps its own fields while another one is chosen. */
export interface Timing {
  mode: TimingMode;
  /** 0-59. */
  minute: string;
  /** `HH:MM`. */
  time: string;
  /** 0 is Sunday. */
  weekday: string;
  /** 1-31. */
  day: string;
  cron: string;
  timeZone: string;
}

export const defaultTiming = (timeZone: string): Timing => ({
  mode: 'daily',
  minute: '0',
  time: '02:00',
  weekday: '1',
  day: '1',
  cron: '',
  timeZone,
});

const clock = (time: string): string => {
  const match = /^(\d{1,2}):(\d{2})/.exec(time);
  return match === null ? '* *' : `${Number(match[2])} ${Number(match[1])}`;
};

export function cronOf(timing: Timing): string {
  switch (timing.mode) {
    case 'hourly':
      return `${timing.minute} * * * *`;
    case 'daily':
      return `${clock(timing.time)} * * *`;
    case 'weekly':
      return `${clock(timing.time)} * * ${timing.weekday}`;
    case 'monthly':
      return `${clock(timing.time)} ${timing.day} * *`;
    case 'cron':
      return timing.cron.trim();
    // A schedule that runs by hand only still carries an expression; nothing reads it.
    case 'manual':
      return '0 2 * * *';
  }
}

/** The builder's answer as Kubernetes will read it. */
export function readTiming(timing: Timing): CronResult {
  if (timing.mode !== 'cron' && timing.mode !== 'hourly' && !/^\d{1,2}:\d{2}/.test(timing.time)) {
    return { ok: false, message: 'Choose a time of day.' };
  }
  const cron = cronOf(timing);
  if (cron === '') return { ok: false, message: 'Write a cron expression of five fields, e.g. 30 2 * * 1-5.' };
  return parseCron(cron, { timeZone: timing.timeZone });
}

/** Every zone that the browser knows, UTC first. */
export const timeZones = (): string[] => [
  'UTC',
  ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC'),
];

export const browserTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
