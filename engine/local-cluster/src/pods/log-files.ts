import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/* A log is kept as Kubernetes' runtimes keep it: `<time> <stream> <F|P> <bytes>` a line, where P says that the line goes on
 * in the next one. It is cut into numbered segments, of which the oldest go when there are too many. */

export const segmentBytes = 32 * 1024 * 1024;
export const keptSegments = 8;
/** A longer line is kept in parts. */
export const longestPart = 16 * 1024;

export const segmentPath = (folder: string, number: number): string =>
  join(folder, `${String(number).padStart(6, '0')}.log`);

/** Numbers of the segments that are there, in order. */
export const segmentsOf = (folder: string): number[] => {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d{6,}\.log$/.test(name))
      .map((name) => Number.parseInt(name, 10))
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
};

/** RFC 3339 with nine digits, so that times compare as text. */
export const entryTime = (milliseconds: number, nanoseconds = 0): string =>
  `${new Date(milliseconds).toISOString().slice(0, -1)}${String(nanoseconds).padStart(6, '0')}Z`;
export const entryTimeLength = 30;
