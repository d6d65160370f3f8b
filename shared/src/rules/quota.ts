import { versionsToRotate } from './rotation.ts';

/** All sizes in bytes. */
export interface CollectionLimits {
  readonly maxVersions: number;
  readonly maxVersionBytes: number;
  readonly maxTotalBytes: number;
}

export interface StoredVersion {
  readonly versionNumber: number;
  readonly bytes: number;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, next) => total + next, 0);

/** Room above `maxVersions` times `maxVersionBytes`, which versions above the soft limit may use. Negative: contradictory. */
export const extraBytes = (limits: CollectionLimits): number =>
  limits.maxTotalBytes - limits.maxVersions * limits.maxVersionBytes;

/**
 * How many bytes one more upload may have, 0 or more. Versions that `fifo` will remove for it do not count. `reserved` are
 * the sizes granted to uploads that are still open: with them, what is kept and what is granted never exceeds
 * `maxTotalBytes`, in whatever order the uploads end.
 */
export const allowedUploadBytes = (
  limits: CollectionLimits,
  stored: readonly StoredVersion[],
  reserved: readonly number[] = [],
): number => {
  const leaving = new Set(versionsToRotate(stored, limits, 1));
  const taken = [...stored.filter((version) => !leaving.has(version)).map((version) => version.bytes), ...reserved];
  const extra = extraBytes(limits);
  const usedExtra = sum(taken.map((bytes) => Math.max(0, bytes - limits.maxVersionBytes)));
  const bySoftLimit = limits.maxVersionBytes + Math.max(0, extra === 0 ? 0 : extra - usedExtra);
  return Math.max(0, Math.min(bySoftLimit, limits.maxTotalBytes - sum(taken)));
};
