import { vi } from 'vitest';

/** Tries until it holds; patient, as test machines are busy. */
export const eventually = (check: () => unknown): Promise<unknown> =>
  vi.waitFor(check, { timeout: 15_000, interval: 25 });
