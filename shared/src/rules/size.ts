const factors: Record<string, number> = {
  '': 1,
  B: 1,
  K: 1024,
  KB: 1024,
  M: 1024 ** 2,
  MB: 1024 ** 2,
  G: 1024 ** 3,
  GB: 1024 ** 3,
  T: 1024 ** 4,
  TB: 1024 ** 4,
  P: 1024 ** 5,
  PB: 1024 ** 5,
  E: 1024 ** 6,
  EB: 1024 ** 6,
};
const syntax = /^(\d+(?:\.\d+)?)\s?([KMGTPE]?B?)$/i;

/**
 * Reads a size as collections write it (`500M`, `1.5 GB`, `1024`) in bytes: base 1024, truncated to a whole number.
 * Undefined: it is none, it is negative, or a number cannot hold it exactly (2^53 bytes and more).
 */
export const parseSize = (text: string): number | undefined => {
  const match = syntax.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, amount = '', unit = ''] = match;
  const bytes = Math.trunc(Number(amount) * (factors[unit.toUpperCase()] ?? Number.NaN));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
};

const units = ['P', 'T', 'G', 'M', 'K'] as const;

/** Writes bytes as a size that a collection accepts, without loss: the largest unit that divides them, else `B`. */
export const formatSize = (bytes: number): string => {
  const unit = units.find((candidate) => bytes > 0 && bytes % (factors[candidate] ?? 1) === 0);
  return unit === undefined ? `${bytes}B` : `${bytes / (factors[unit] ?? 1)}${unit}`;
};
