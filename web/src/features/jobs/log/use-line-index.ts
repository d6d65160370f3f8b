import { useEffect, useMemo, useState } from 'react';
import { LineIndex } from '../../../lib/log/line-index.ts';
import type { LogStore } from '../../../lib/log/log-store.ts';

/** Milliseconds of work before the page gets its turn again. */
const slice = 8;

/** Keeps an index of the lines that `matches` chooses up to date; undefined without one. */
export function useLineIndex(
  store: LogStore,
  revision: number,
  matches: ((number: number) => boolean) | undefined,
): LineIndex | undefined {
  const index = useMemo(() => (matches === undefined ? undefined : new LineIndex(store, matches)), [store, matches]);
  const [, setProgress] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new revision means new lines to look at.
  useEffect(() => {
    if (index === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const work = () => {
      const done = index.catchUp(slice);
      setProgress((before) => before + 1);
      if (!done) timer = setTimeout(work);
    };
    work();
    return () => clearTimeout(timer);
  }, [index, revision]);
  return index;
}
