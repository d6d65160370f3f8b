import type { HttpAnswer } from './http-call.ts';

export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Follows keys into a value of unknown shape. */
export const pick = (value: unknown, ...path: readonly string[]): unknown => {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return current;
};

export const textAt = (value: unknown, ...path: readonly string[]): string | undefined => {
  const found = pick(value, ...path);
  return typeof found === 'string' ? found : undefined;
};

export const numberAt = (value: unknown, ...path: readonly string[]): number | undefined => {
  const found = pick(value, ...path);
  return typeof found === 'number' ? found : undefined;
};

const longestReason = 500;

/** The server's own words, from whichever of its envelopes they are in. */
export const reasonOf = ({ status, text }: HttpAnswer): string => {
  const json = jsonOf(text);
  const words = textAt(json, 'error') ?? textAt(json, 'message') ?? textAt(json, 'error', 'message') ?? text.trim();
  const shown = words.length > longestReason ? `${words.slice(0, longestReason)}…` : words;
  return `the repository answered ${status}${shown === '' ? '' : `: ${shown}`}`;
};
