import { fifoPolicy, type RetentionPolicy, type RetentionSubject, versionsToRotate } from './retention.ts';

/** All sizes in bytes. */
export interface CollectionLimits {
  /** How many versions are kept at most, protected ones not counted. */
  readonly maxVersions: number;
  readonly maxVersionBytes: number;
  readonly maxTotalBytes: number;
  /** Default: `fifo` with `maxVersions`. */
  readonly retention?: RetentionPolicy;
}

export interface StoredVersion extends RetentionSubject {
  readonly bytes: number;
}

export interface QuotaMoment {
  readonly now: Date;
  /** Sizes granted to uploads that are still open. Default: none. */
  readonly reserved?: readonly number[];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, next) => total + next, 0);

/** Room above `maxVersions` times `maxVersionBytes`, which versions above the soft limit may use. Negative: contradictory. */
export const extraBytes = (limits: CollectionLimits): number =>
  limits.maxTotalBytes - limits.maxVersions * limits.maxVersionBytes;

export const retentionOf = (limits: CollectionLimits): RetentionPolicy =>
  limits.retention ?? fifoPolicy(limits.maxVersions);

const keptSizes = (limits: CollectionLimits, stored: readonly StoredVersion[], now: Date): number[] => {
  const leaving = new Set(versionsToRotate(stored, retentionOf(limits), { now, incoming: 1 }));
  return stored.filter((version) => !leaving.has(version)).map((version) => version.bytes);
};

/**
 * How many bytes one more upload may have, 0 or more. Only versions that the retention really lets go for it do not count:
 * what is kept and what is granted never exceeds `maxTotalBytes`. Time passes until the upload ends, and holds come, so
 * `fitsAtCommit` asks again then.
 */
export const allowedUploadBytes = (
  limits: CollectionLimits,
  stored: readonly StoredVersion[],
  moment: QuotaMoment,
): number => {
  const taken = [...keptSizes(limits, stored, moment.now), ...(moment.reserved ?? [])];
  const extra = extraBytes(limits);
  const usedExtra = sum(taken.map((bytes) => Math.max(0, bytes - limits.maxVersionBytes)));
  const bySoftLimit = limits.maxVersionBytes + Math.max(0, extra === 0 ? 0 : extra - usedExtra);
  return Math.max(0, Math.min(bySoftLimit, limits.maxTotalBytes - sum(taken)));
};

/** Whether an upload of `bytes` still has room when it becomes a version. `reserved` are the other open uploads. */
export const fitsAtCommit = (
  limits: CollectionLimits,
  stored: readonly StoredVersion[],
  upload: QuotaMoment & { readonly bytes: number },
): boolean =>
  sum(keptSizes(limits, stored, upload.now)) + sum(upload.reserved ?? []) + upload.bytes <= limits.maxTotalBytes;

/** The limits of the same collection if nothing were protected: shows what protection costs. */
export const withoutProtection = (limits: CollectionLimits): CollectionLimits => ({
  ...limits,
  retention: { ...retentionOf(limits), minimumAge: 0, minimumCount: 1 },
});

/** What is full only because holds or minimum age or count keep versions that the strategy would let go. */
export const protectedFromLeaving = (
  limits: CollectionLimits,
  stored: readonly StoredVersion[],
  now: Date,
): StoredVersion[] => {
  const moment = { now, incoming: 1 };
  const leaving = new Set(versionsToRotate(stored, retentionOf(limits), moment));
  const free = stored.map(({ hold, ...version }) => version);
  const couldLeave = versionsToRotate(free, retentionOf(withoutProtection(limits)), moment);
  const numbers = new Set(couldLeave.map((version) => version.versionNumber));
  return stored.filter((version) => numbers.has(version.versionNumber) && !leaving.has(version));
};
