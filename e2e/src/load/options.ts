/** How big; each benchmark has its own defaults. */
export interface MeasuredOptions {
  readonly mib: number | undefined;
  readonly count: number | undefined;
}

export const mebibyte = 1_048_576;

/** Smallest value that 95 % of the samples do not exceed. */
export function p95(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.NaN;
}

export async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** MiB in a second. */
export const rate = (mib: number, ms: number): number => mib / (ms / 1000);
