import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

/** Pixels from the end that still count as the end. */
const nearEnd = 30;

/** Follows the end of a scrolling area until the person scrolls up, and again once they come back to the end. */
export function useFollow(scroller: RefObject<HTMLDivElement | null>, enabled: boolean) {
  const [follow, setFollow] = useState(enabled);
  const lastTop = useRef(0);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const onScroll = () => {
      const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd;
      const wentUp = element.scrollTop < lastTop.current - 1;
      lastTop.current = element.scrollTop;
      if (wentUp && !atEnd) setFollow(false);
      else if (atEnd && enabled && !wentUp) setFollow(true);
    };
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => element.removeEventListener('scroll', onScroll);
  }, [scroller, enabled]);
  const pause = useCallback(() => setFollow(false), []);
  return { follow: follow && enabled, setFollow, pause };
}
