import type { Stored } from './object-store.ts';

const maxBytes = 24 * 1024 * 1024;

/** Parsed objects by revision, the least recently used dropped first; bounded by the length of their texts. */
export class ObjectCache {
  readonly #entries = new Map<number, Stored>();
  #bytes = 0;

  get(revision: number): Stored | undefined {
    const found = this.#entries.get(revision);
    if (!found) return undefined;
    this.#entries.delete(revision);
    this.#entries.set(revision, found);
    return found;
  }

  set(stored: Stored): Stored {
    this.#entries.set(stored.revision, stored);
    this.#bytes += stored.text.length;
    // A Map steps over everything that was deleted to find its first entry: only where one has to go.
    if (this.#bytes <= maxBytes) return stored;
    for (const [revision, oldest] of this.#entries) {
      if (this.#bytes <= maxBytes) break;
      this.#entries.delete(revision);
      this.#bytes -= oldest.text.length;
    }
    return stored;
  }
}
