import { useCallback, useMemo, useState } from 'react';
import type { LineIndex } from '../../../lib/log/line-index.ts';
import { withoutColours } from '../../../lib/log/log-line.ts';
import type { LogStore } from '../../../lib/log/log-store.ts';
import { useLineIndex } from './use-line-index.ts';

export interface LogSearch {
  query: string;
  setQuery: (query: string) => void;
  /** Set when the query is no regular expression. */
  mistake: string | undefined;
  pattern: RegExp | undefined;
  hits: LineIndex | undefined;
  /** Place among the hits, from 0. */
  current: number;
  /** Number of the line to go to. */
  step: (by: number) => number | undefined;
}

function compile(query: string): { pattern?: RegExp; mistake?: string } {
  if (query === '') return {};
  try {
    return { pattern: new RegExp(query, 'gi') };
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : 'Not a regular expression.' };
  }
}

/** Regular-expression search over all lines, also those not on the screen. `visible` leaves filtered ones away. */
export function useLogSearch(store: LogStore, revision: number, visible: (number: number) => boolean): LogSearch {
  const [query, setText] = useState('');
  const [current, setCurrent] = useState(-1);
  const { pattern, mistake } = useMemo(() => compile(query), [query]);
  const matches = useMemo(() => {
    if (pattern === undefined) return undefined;
    const single = new RegExp(pattern.source, 'i');
    return (number: number) => visible(number) && single.test(withoutColours(store.line(number)));
  }, [pattern, visible, store]);
  const hits = useLineIndex(store, revision, matches);
  const setQuery = useCallback((next: string) => {
    setText(next);
    setCurrent(-1);
  }, []);
  const step = (by: number): number | undefined => {
    if (hits === undefined || hits.size === 0) return undefined;
    const from = current === -1 && by < 0 ? 0 : current;
    const next = (from + by + hits.size) % hits.size;
    setCurrent(next);
    return hits.at(next);
  };
  return { query, setQuery, mistake, pattern, hits, current, step };
}
