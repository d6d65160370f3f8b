import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useState } from 'react';

export const lineHeight = 20;
const overscan = 20;

interface Props {
  count: number;
  scroller: RefObject<HTMLDivElement | null>;
  row: (place: number) => ReactNode;
  /** Goes to the end whenever lines were added. */
  follow: boolean;
  /** Where to go, and a number that changes with each wish. */
  goTo: { place: number; wish: number } | undefined;
  revision: number;
}

function useViewport(scroller: Props['scroller']): { top: number; height: number } {
  const [viewport, setViewport] = useState({ top: 0, height: 600 });
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const read = () => setViewport({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(read);
    observer.observe(element);
    element.addEventListener('scroll', read, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', read);
    };
  }, [scroller]);
  return viewport;
}

/** Lines of equal height: their places are arithmetic, so a million of them cost nothing. */
export function FixedRows({ count, scroller, row, follow, goTo, revision }: Props) {
  const { top, height } = useViewport(scroller);
  const start = Math.max(0, Math.min(Math.floor(top / lineHeight), count) - overscan);
  const end = Math.min(count, Math.ceil((top + height) / lineHeight) + overscan);
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs after each batch of lines.
  useLayoutEffect(() => {
    if (follow && scroller.current !== null) scroller.current.scrollTop = count * lineHeight;
  }, [follow, count, revision, scroller]);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (goTo === undefined || element === null) return;
    element.scrollTop = Math.max(0, goTo.place * lineHeight - element.clientHeight / 3);
  }, [goTo, scroller]);
  return (
    <div className="bs-log__space" style={{ height: count * lineHeight }}>
      <div className="bs-log__window" style={{ transform: `translateY(${start * lineHeight}px)` }}>
        {Array.from({ length: Math.max(0, end - start) }, (_, index) => row(start + index))}
      </div>
    </div>
  );
}

/** Wrapped lines differ in height: those on the screen are measured. */
export function WrappedRows({ count, scroller, row, follow, goTo, revision }: Props) {
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs after each batch of lines.
  useLayoutEffect(() => {
    if (follow && count > 0) virtual.scrollToIndex(count - 1, { align: 'end' });
  }, [follow, count, revision]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs after each wish, not with each render of the list.
  useLayoutEffect(() => {
    if (goTo !== undefined) virtual.scrollToIndex(goTo.place, { align: 'center' });
  }, [goTo]);
  const items = virtual.getVirtualItems();
  return (
    <div className="bs-log__space" style={{ height: virtual.getTotalSize() }}>
      <div className="bs-log__window" style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
        {items.map((item) => (
          <div key={item.key} data-index={item.index} ref={virtual.measureElement}>
            {row(item.index)}
          </div>
        ))}
      </div>
    </div>
  );
}
