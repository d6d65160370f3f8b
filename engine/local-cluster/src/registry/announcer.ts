import type { Change } from '../store/object-store.ts';

type Listener = (change: Change, storageKey: string) => void;

/** Tells listeners of changes, in the order of their revisions even when a listener makes the next change itself. */
export class Announcer {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #queue: { storageKey: string; change: Change }[] = [];
  readonly #onError: (error: unknown) => void;
  #draining = false;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  listen(storageKey: string | undefined, listener: Listener): () => void {
    const key = storageKey ?? '';
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners);
    // Each subscription is its own, even of one function.
    const own: Listener = (change, from) => listener(change, from);
    listeners.add(own);
    return () => listeners.delete(own);
  }

  announce(storageKey: string, change: Change): void {
    this.#queue.push({ storageKey, change });
    if (this.#draining) return;
    this.#draining = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#tell(next.storageKey, next.change);
    } finally {
      this.#draining = false;
    }
  }

  #tell(storageKey: string, change: Change): void {
    for (const key of [storageKey, '']) {
      for (const listener of this.#listeners.get(key) ?? []) {
        try {
          listener(change, storageKey);
        } catch (error) {
          this.#onError(error);
        }
      }
    }
  }
}
