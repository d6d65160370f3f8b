import { randomUUID } from 'node:crypto';
import type { LiveChange } from '@backstay/shared';

export interface RingEntry {
  readonly sequence: number;
  readonly noun: LiveChange['noun'];
  /** Absent for collections. */
  readonly namespace?: string;
  /** The change as JSON. */
  readonly data: string;
}

const capacity = 5_000;

/**
 * The last changes, numbered; shared by all streams, so that a slow reader holds nothing of its own. Ids name this process
 * too: after a restart nothing can be resumed.
 */
export class ChangeRing {
  readonly #boot = randomUUID().slice(0, 8);
  readonly #entries: RingEntry[] = [];
  #sequence = 0;
  #wake = Promise.withResolvers<void>();

  get last(): number {
    return this.#sequence;
  }

  add(entry: Omit<RingEntry, 'sequence'>): void {
    this.#sequence += 1;
    this.#entries.push({ ...entry, sequence: this.#sequence });
    if (this.#entries.length > capacity) this.#entries.shift();
    const woken = this.#wake;
    this.#wake = Promise.withResolvers<void>();
    woken.resolve();
  }

  /** At most `count` entries after a number; undefined when some of them are gone. */
  after(sequence: number, count: number): readonly RingEntry[] | undefined {
    const first = this.#entries[0]?.sequence ?? this.#sequence + 1;
    if (sequence + 1 < first || sequence > this.#sequence) return undefined;
    const from = sequence + 1 - first;
    return this.#entries.slice(from, from + count);
  }

  /** Resolves at the next entry. */
  changed(): Promise<void> {
    return this.#wake.promise;
  }

  idOf(sequence: number): string {
    return `${this.#boot}-${sequence}`;
  }

  /** Undefined for ids of another process. */
  sequenceOf(id: string): number | undefined {
    const match = /^([0-9a-f]{8})-(\d{1,15})$/.exec(id);
    return match?.[1] === this.#boot ? Number(match[2]) : undefined;
  }
}
