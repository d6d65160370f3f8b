import type { LogStore } from './log-store.ts';

/** The numbers of the lines that a predicate chose; grows with the log and is filled in slices of time. */
export class LineIndex {
  readonly #matches: (number: number) => boolean;
  readonly #store: LogStore;
  #numbers = new Uint32Array(1024);
  #size = 0;
  #next: number;

  constructor(store: LogStore, matches: (number: number) => boolean) {
    this.#store = store;
    this.#matches = matches;
    this.#next = store.first;
  }

  get size(): number {
    return this.#size;
  }

  at(place: number): number | undefined {
    return place < this.#size ? this.#numbers[place] : undefined;
  }

  /** Place of the first chosen line with this number or a later one. */
  placeOf(number: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#numbers[middle] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Works for at most `milliseconds`. True when it has caught up with the store. */
  catchUp(milliseconds: number): boolean {
    const until = performance.now() + milliseconds;
    this.#next = Math.max(this.#next, this.#store.first);
    while (this.#next < this.#store.end) {
      const stop = Math.min(this.#store.end, this.#next + 256);
      for (; this.#next < stop; this.#next += 1) {
        if (this.#matches(this.#next)) this.#push(this.#next);
      }
      if (performance.now() > until) break;
    }
    this.#forgetBefore(this.#store.first);
    return this.#next >= this.#store.end;
  }

  #push(number: number): void {
    if (this.#size === this.#numbers.length) {
      const larger = new Uint32Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#size] = number;
    this.#size += 1;
  }

  #forgetBefore(number: number): void {
    const gone = this.placeOf(number);
    if (gone === 0) return;
    this.#numbers.copyWithin(0, gone, this.#size);
    this.#size -= gone;
  }
}
