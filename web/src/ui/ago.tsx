import { absoluteTime, relativeTime } from '../lib/format.ts';
import { useNow } from '../lib/now.ts';

/** A relative time; the absolute one on hover. */
export function Ago({ at, timeZone }: { at: string; timeZone?: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={absoluteTime(at, timeZone)} className="bs-nowrap">
      {relativeTime(at, now)}
    </time>
  );
}
