export interface RotationSubject {
  readonly versionNumber: number;
}

export interface RotationPolicy {
  /** How many versions are kept, at least 1: below that it counts as 1. */
  readonly maxVersions: number;
}

/**
 * The versions that `fifo` removes, oldest first, out of all live ones. `incoming` new ones are about to be stored (default
 * 0: what is too much already). At least one of the live and incoming versions is always kept, and the newest leave last.
 */
export const versionsToRotate = <T extends RotationSubject>(
  live: readonly T[],
  policy: RotationPolicy,
  incoming = 0,
): T[] => {
  const keep = Math.max(1, Math.trunc(policy.maxVersions) || 1);
  const surplus = live.length + incoming - keep;
  const oldestFirst = [...live].sort((a, b) => a.versionNumber - b.versionNumber);
  return surplus <= 0 ? [] : oldestFirst.slice(0, surplus);
};
