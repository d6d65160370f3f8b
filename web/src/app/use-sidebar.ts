import { useLocation } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

/** PatternFly lays the sidebar over the page below this width. */
const narrow = '(max-width: 74.99rem)';

/** Open beside the page where there is room; a drawer that closes after each choice where there is not. */
export function useSidebar(): { open: boolean; toggle: () => void } {
  const path = useLocation({ select: ({ pathname }) => pathname });
  const [open, setOpen] = useState(() => !window.matchMedia(narrow).matches);
  useEffect(() => {
    const media = window.matchMedia(narrow);
    const follow = () => setOpen(!media.matches);
    media.addEventListener('change', follow);
    return () => media.removeEventListener('change', follow);
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs after each navigation, and only then.
  useEffect(() => {
    if (window.matchMedia(narrow).matches) setOpen(false);
  }, [path]);
  return { open, toggle: () => setOpen((before) => !before) };
}
