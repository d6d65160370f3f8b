import { residentMemory } from '../harness/process-memory.ts';

/** One sample: so much was transferred (GiB), so much was resident (MiB). */
export type Sample = readonly [gibibytes: number, resident: number];

/** MiB of memory for each GiB, by least squares. The first fifth warms up and does not count. */
export function slope(samples: readonly Sample[]): number {
  const counted = samples.slice(Math.floor(samples.length / 5));
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(counted.map(([at]) => at)), mean(counted.map(([, resident]) => resident))];
  const spread = counted.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  return counted.reduce((sum, [at, resident]) => sum + (at - x) * (resident - y), 0) / spread;
}

/** Samples a process every so often; `done` tells how many MiB went through it. */
export function watchSlope(pid: number): { done(mib: number): void; stop(): number } {
  const samples: Sample[] = [];
  let transferred = 0;
  const timer = setInterval(() => samples.push([transferred / 1024, residentMemory(pid)]), 50);
  return {
    done: (mib) => {
      transferred = mib;
    },
    stop: () => {
      clearInterval(timer);
      return slope(samples);
    },
  };
}
