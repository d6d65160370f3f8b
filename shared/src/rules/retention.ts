import { type DatedVersion, type RetentionStrategy, wantedVersions } from './retention-strategies.ts';

export interface RetentionSubject extends DatedVersion {
  /** Somebody protected it; without `until` for ever. */
  readonly hold?: { readonly until?: Date | undefined } | undefined;
  /** Known not to be what was stored: such a version counts for nothing. Default: false. */
  readonly bad?: boolean;
}

/** What a collection keeps. Times in milliseconds. */
export interface RetentionPolicy {
  readonly strategy: RetentionStrategy;
  /** How many versions the strategy keeps at most. Bad ones may fill what good ones leave of it. */
  readonly maxVersions: number;
  /** A good version younger than this never leaves. */
  readonly minimumAge: number;
  /** So many of the newest good versions never leave, at least 1. */
  readonly minimumCount: number;
  /** Of the newest ones that `fifo` and the `last` of `keep` choose, one is at least so old, when there is such a version. */
  readonly elderAge: number;
}

export type KeepReason = 'held' | 'minimum-age' | 'minimum-count' | 'strategy' | 'spare-room';

export interface Verdict<T> {
  readonly version: T;
  /** Empty: it leaves. */
  readonly keptBecause: readonly KeepReason[];
}

export interface RetentionMoment {
  readonly now: Date;
  /** New versions that are about to be stored at this moment. Default: 0, what is too much already. */
  readonly incoming?: number;
}

const day = 86_400_000;

/** Nothing but the newest ones, as collections of the old server have it. */
export const fifoPolicy = (count: number, elderAge = day): RetentionPolicy => ({
  strategy: { name: 'fifo', count },
  maxVersions: count,
  minimumAge: 0,
  minimumCount: 1,
  elderAge,
});

export const isHeld = (version: Pick<RetentionSubject, 'hold'>, now: Date): boolean =>
  version.hold !== undefined && (version.hold.until === undefined || version.hold.until > now);

type Judged<T> = { subject: RetentionSubject; version: T | undefined; reasons: KeepReason[] };

const arrivals = <T>(last: number, { now, incoming = 0 }: RetentionMoment): Judged<T>[] =>
  Array.from({ length: incoming }, (_, index) => ({
    subject: { versionNumber: last + 1 + index, createdAt: now },
    version: undefined,
    reasons: [],
  }));

const protect = (judged: Judged<unknown>, policy: RetentionPolicy, now: Date): void => {
  const { subject, reasons } = judged;
  if (isHeld(subject, now)) {
    reasons.push('held');
  }
  if (!subject.bad && now.getTime() - subject.createdAt.getTime() < policy.minimumAge) {
    reasons.push('minimum-age');
  }
};

const fillWithBad = (all: readonly Judged<unknown>[], maxVersions: number): void => {
  let spare = maxVersions - all.filter(({ reasons }) => reasons.length > 0).length;
  for (const { subject, reasons } of all.toReversed()) {
    if (spare > 0 && subject.bad && reasons.length === 0) {
      reasons.push('spare-room');
      spare -= 1;
    }
  }
};

/**
 * Says of each live version why it stays, by ascending number. Held versions stay, the newest good one stays, good ones
 * stay that are too young; then the strategy chooses among the good ones. Bad versions only take room that is left over.
 */
export const judgeVersions = <T extends RetentionSubject>(
  live: readonly T[],
  policy: RetentionPolicy,
  moment: RetentionMoment,
): Verdict<T>[] => {
  const { now } = moment;
  const sorted = [...live].sort((a, b) => a.versionNumber - b.versionNumber);
  const known = sorted.map((version): Judged<T> => ({ subject: version, version, reasons: [] }));
  const all = [...known, ...arrivals<T>(sorted.at(-1)?.versionNumber ?? 0, moment)];
  const good = all.filter(({ subject }) => !subject.bad);
  const wanted = wantedVersions(
    good.map(({ subject }) => subject),
    policy.strategy,
    { now, elderAge: policy.elderAge },
  );
  const floor = new Set(good.slice(-Math.max(1, policy.minimumCount)));
  for (const judged of all) {
    protect(judged, policy, now);
    if (floor.has(judged)) {
      judged.reasons.push('minimum-count');
    }
    if (wanted.has(judged.subject)) {
      judged.reasons.push('strategy');
    }
  }
  // Without any good version nothing can take the place of what is there.
  fillWithBad(all, good.length === 0 ? all.length : policy.maxVersions);
  return all.flatMap(({ version, reasons }) => (version === undefined ? [] : [{ version, keptBecause: reasons }]));
};

/** The versions that leave, oldest first. Never the newest good one, and none while there is no good one. */
export const versionsToRotate = <T extends RetentionSubject>(
  live: readonly T[],
  policy: RetentionPolicy,
  moment: RetentionMoment,
): T[] =>
  judgeVersions(live, policy, moment)
    .filter(({ keptBecause }) => keptBecause.length === 0)
    .map(({ version }) => version);
