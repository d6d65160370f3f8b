import { readFileSync } from 'node:fs';
import path from 'node:path';

const file = path.join(import.meta.dirname, 'corpus.json');
let known: Record<string, unknown[]> | undefined;

/** Inputs that broke a target once: each run begins with them. */
export const readCorpus = (target: string): unknown[] => {
  known ??= JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown[]>;
  return known[target] ?? [];
};
