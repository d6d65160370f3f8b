import { type CronSchedule, parseCron } from './cron.ts';
import { parseGoDuration } from './go-duration.ts';

/** One slot of a window: `from` belongs to it, `until` does not. */
export interface WindowSlot {
  readonly from: Date;
  readonly until: Date;
}

/** When uploads into a collection are allowed. */
export interface BackupWindow {
  /** As the collection writes them. */
  readonly from: string;
  readonly duration: string;
  /** The most recent slot that began at or before the instant. Undefined: there is none within five years. */
  latestSlot(at: Date): WindowSlot | undefined;
  contains(at: Date): boolean;
}

export type BackupWindowResult = { ok: true; window: BackupWindow } | { ok: false; message: string };

/** Old collections may leave the day of the week out. */
const fiveFields = (from: string): string => {
  const fields = from.trim().split(/\s+/);
  const zoned = /^(?:CRON_)?TZ=/.test(fields[0] ?? '') ? 1 : 0;
  return fields.length === 4 + zoned ? `${fields.join(' ')} *` : fields.join(' ');
};

const createWindow = (definition: { from: string; duration: string }, schedule: CronSchedule, milliseconds: number) => {
  const latestSlot = (at: Date): WindowSlot | undefined => {
    const from = schedule.previous(at);
    return from === undefined ? undefined : { from, until: new Date(from.getTime() + milliseconds) };
  };
  return {
    ...definition,
    latestSlot,
    contains: (at: Date): boolean => {
      const slot = latestSlot(at);
      return slot !== undefined && at < slot.until;
    },
  };
};

/**
 * Reads one entry of a collection's `windows`: `from` in cron with four or five fields (`TZ=Zone ` may stand before),
 * `duration` as Go writes it. `timeZone` (IANA, default UTC) counts for expressions without a zone of their own.
 */
export const parseBackupWindow = (
  definition: { from: string; duration: string },
  options: { timeZone?: string } = {},
): BackupWindowResult => {
  const { from, duration } = definition;
  if (from.includes('@')) {
    return { ok: false, message: `cannot parse Backup Window: ${from}. IsError: shortcuts such as @daily are unknown` };
  }
  const parsed = parseCron(fiveFields(from), { ...options, timeZoneInExpression: true });
  if (!parsed.ok) {
    return { ok: false, message: `cannot parse Backup Window: ${from}. IsError: ${parsed.message}` };
  }
  const milliseconds = parseGoDuration(duration);
  if (milliseconds === undefined || milliseconds <= 0) {
    const cause = `"${duration}" is not a positive duration such as 30m or 1h30m`;
    return { ok: false, message: `cannot parse Backup Window - duation parsing, IsError: ${cause}` };
  }
  return { ok: true, window: createWindow({ from, duration }, parsed.schedule, milliseconds) };
};

/** Any one window suffices; no windows: always. */
export const insideAnyWindow = (windows: readonly BackupWindow[], at: Date): boolean =>
  windows.length === 0 || windows.some((window) => window.contains(at));
