import type { Clock } from '../clock.ts';

export interface Bucket {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
}

/** Buckets of tokens by key, filled up again every interval. Holds a bounded number of keys: the oldest go first. */
export interface RateLimiter {
  /** Undefined: this limiter is off. */
  take(key: string): Bucket | undefined;
  /** Undoes one `take`. */
  giveBack(key: string): void;
}

const maxKeys = 10_000;

export const createRateLimiter = (
  limit: number,
  intervalMilliseconds: number,
  clock: Pick<Clock, 'now'>,
): RateLimiter => {
  const buckets = new Map<string, { until: number; used: number }>();
  const current = (key: string): { until: number; used: number } => {
    const now = clock.now().getTime();
    const known = buckets.get(key);
    if (known !== undefined && now < known.until) {
      return known;
    }
    buckets.delete(key);
    const [oldest] = buckets.keys();
    if (buckets.size >= maxKeys && oldest !== undefined) {
      buckets.delete(oldest);
    }
    const fresh = { until: now + intervalMilliseconds, used: 0 };
    buckets.set(key, fresh);
    return fresh;
  };
  return {
    take: (key) => {
      if (limit === 0) {
        return undefined;
      }
      const bucket = current(key);
      const allowed = bucket.used < limit;
      bucket.used += allowed ? 1 : 0;
      return { allowed, limit, remaining: limit - bucket.used };
    },
    giveBack: (key) => {
      const bucket = current(key);
      bucket.used = Math.max(0, bucket.used - 1);
    },
  };
};
