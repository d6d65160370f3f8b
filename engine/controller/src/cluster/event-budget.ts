const burst = 25;
const refillMs = 5 * 60_000;
const maxObjects = 4096;

interface Bucket {
  left: number;
  at: number;
}

/** How many events one object may have: 25 at once, then one in five minutes, as Kubernetes' own components do. */
export interface EventBudget {
  take(object: string, now: number): boolean;
}

export const createEventBudget = (): EventBudget => {
  const buckets = new Map<string, Bucket>();
  return {
    take: (object, now) => {
      const { left, at } = buckets.get(object) ?? { left: burst, at: now };
      // A clock that was set back refills nothing, and takes nothing away.
      const refilled = Math.max(0, Math.floor((now - at) / refillMs));
      const available = Math.min(burst, left + refilled);
      buckets.delete(object);
      buckets.set(object, {
        left: Math.max(0, available - 1),
        at: now < at || available === burst ? now : at + refilled * refillMs,
      });
      const [oldest] = buckets.keys();
      if (buckets.size > maxObjects && oldest !== undefined) {
        buckets.delete(oldest);
      }
      return available > 0;
    },
  };
};
