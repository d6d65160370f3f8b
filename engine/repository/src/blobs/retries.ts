/** How often and how long something is tried again. Times in milliseconds. */
export interface RetryPolicy {
  /** All tries together, 1 or more. */
  readonly attempts: number;
  /** The wait before the second try is a random share of this; it doubles with every try, up to `maxDelay`. */
  readonly baseDelay: number;
  readonly maxDelay: number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** A random wait: servers that failed together must not come back together. */
export const retryDelay = (policy: RetryPolicy, triesBefore: number): number =>
  policy.random() * Math.min(policy.maxDelay, policy.baseDelay * 2 ** Math.min(triesBefore, 30));

/** Repeats `work` while `isTransient` says that this can help. Rejects with the last error. */
export const withRetries = async <T>(
  policy: RetryPolicy,
  isTransient: (error: unknown) => boolean,
  work: (triesBefore: number) => Promise<T>,
): Promise<T> => {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work(tries);
    } catch (error) {
      if (tries + 1 >= policy.attempts || !isTransient(error)) {
        throw error;
      }
      await policy.sleep(retryDelay(policy, tries));
    }
  }
};
