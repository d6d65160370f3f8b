import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 5000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const read = (): number => {
  if (timer === undefined) now = Date.now();
  return now;
};

/** Milliseconds since the epoch, renewed every five seconds by one timer for the whole page. */
export const useNow = (): number => useSyncExternalStore(subscribe, read);
