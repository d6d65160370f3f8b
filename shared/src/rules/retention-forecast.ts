import {
  allowedUploadBytes,
  type CollectionLimits,
  protectedFromLeaving,
  retentionOf,
  type StoredVersion,
} from './quota.ts';
import { judgeVersions, type KeepReason, versionsToRotate } from './retention.ts';

export interface ForecastVersion extends StoredVersion {
  readonly createdAt: Date;
}

export interface DepartureForecast {
  readonly versionNumber: number;
  /** With the how manieth upload from now. */
  readonly afterUploads: number;
  /** At the present rate; undefined when there is none yet. */
  readonly at: Date | undefined;
}

export interface CollectionForecast {
  readonly departures: readonly DepartureForecast[];
  readonly kept: readonly { versionNumber: number; because: readonly KeepReason[] }[];
  /** Bytes of the newest good version. */
  readonly presentBytes: number;
  /** Milliseconds between versions: the median of the last ones. Undefined: there are fewer than two. */
  readonly interval: number | undefined;
  readonly allowedBytes: number;
  /** How many uploads of the present size fit one after another. Undefined: no end in sight. */
  readonly uploadsThatFit: number | undefined;
  /** When the first upload is refused at the present rate. */
  readonly fullAt: Date | undefined;
  /** The next upload of the present size fails only because these are protected. Empty: it does not. */
  readonly blockedBy: readonly number[];
}

const steps = 400;
const samples = 10;

const medianInterval = (versions: readonly ForecastVersion[]): number | undefined => {
  const times = versions.slice(-samples - 1).map((version) => version.createdAt.getTime());
  const gaps = times.slice(1).map((time, index) => Math.max(0, time - (times[index] ?? time)));
  return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)];
};

interface Course {
  readonly departures: DepartureForecast[];
  readonly fits: number | undefined;
}

/** Uploads again and again what the newest version is, and watches what leaves. */
const play = (limits: CollectionLimits, versions: readonly ForecastVersion[], pace: Pace): Course => {
  const { start, bytes, interval } = pace;
  const departures: DepartureForecast[] = [];
  const present = new Set(versions.map((version) => version.versionNumber));
  let live = [...versions];
  let next = (versions.at(-1)?.versionNumber ?? 0) + 1;
  for (let step = 1; step <= steps; step += 1) {
    const now = new Date(start.getTime() + (step - 1) * (interval ?? 0));
    if (allowedUploadBytes(limits, live, { now }) < bytes) {
      return { departures, fits: step - 1 };
    }
    live.push({ versionNumber: next++, createdAt: now, bytes });
    const gone = new Set(versionsToRotate(live, retentionOf(limits), { now }));
    live = live.filter((version) => !gone.has(version));
    for (const { versionNumber } of [...gone].filter((version) => present.has(version.versionNumber))) {
      departures.push({ versionNumber, afterUploads: step, at: interval === undefined ? undefined : now });
    }
  }
  return { departures, fits: undefined };
};

interface Pace {
  readonly start: Date;
  readonly bytes: number;
  readonly interval: number | undefined;
}

/** Protected versions without which the next upload of the size of the newest good one would fit. Empty: it fits, or never would. */
export const blockedBy = (limits: CollectionLimits, versions: readonly ForecastVersion[], now: Date): number[] => {
  const bytes = versions.findLast((version) => !version.bad)?.bytes ?? 0;
  const allowed = allowedUploadBytes(limits, versions, { now });
  if (allowed >= Math.max(1, bytes)) {
    return [];
  }
  const held = protectedFromLeaving(limits, versions, now);
  const freed = held.reduce((sum, version) => sum + version.bytes, 0);
  return allowed + freed >= bytes ? held.map((version) => version.versionNumber) : [];
};

/** What happens next if uploads go on as they did. `versions` by ascending number. */
export const forecastCollection = (
  limits: CollectionLimits,
  versions: readonly ForecastVersion[],
  moment: { now: Date; reserved?: readonly number[] },
): CollectionForecast => {
  const { now, reserved = [] } = moment;
  const newest = versions.findLast((version) => !version.bad);
  const presentBytes = newest?.bytes ?? 0;
  const interval = medianInterval(versions);
  const first = new Date(Math.max(now.getTime(), (newest?.createdAt ?? now).getTime() + (interval ?? 0)));
  const { departures, fits } = play(limits, versions, { start: first, bytes: presentBytes, interval });
  const allowedBytes = allowedUploadBytes(limits, versions, { now, reserved });
  return {
    departures,
    kept: judgeVersions(versions, retentionOf(limits), { now, incoming: 1 }).map(({ version, keptBecause }) => ({
      versionNumber: version.versionNumber,
      because: keptBecause,
    })),
    presentBytes,
    interval,
    allowedBytes,
    uploadsThatFit: fits,
    fullAt: fits === undefined || interval === undefined ? undefined : new Date(first.getTime() + fits * interval),
    blockedBy: blockedBy(limits, versions, now),
  };
};
