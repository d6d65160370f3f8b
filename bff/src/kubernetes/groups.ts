import type { CacheChange } from '@backstay/kubernetes';
import type { KubeObject } from '@backstay/shared';

/** Objects of a cache by keys that are worked out from each. */
export class Groups<T extends KubeObject> {
  readonly #keysOf: (object: T) => string[];
  readonly #groups = new Map<string, Map<string, T>>();
  readonly #versions = new Map<string, number>();
  #count = 0;

  constructor(keysOf: (object: T) => string[]) {
    this.#keysOf = keysOf;
  }

  get(key: string): T[] {
    return [...(this.#groups.get(key)?.values() ?? [])];
  }

  /** Another number after every change of the group. */
  version(key: string): number {
    return this.#versions.get(key) ?? 0;
  }

  /** Counts as a change of the group. */
  touch(key: string): void {
    this.#count += 1;
    if (this.#groups.has(key)) this.#versions.set(key, this.#count);
    else this.#versions.delete(key);
  }

  apply({ type, object, before }: CacheChange<T>): void {
    for (const old of [before, object]) if (old !== undefined) this.#remove(old);
    if (type !== 'deleted') this.#add(object);
  }

  #add(object: T): void {
    for (const key of this.#keysOf(object)) {
      const group = this.#groups.get(key) ?? new Map<string, T>();
      this.#groups.set(key, group.set(object.metadata.uid ?? '', object));
      this.touch(key);
    }
  }

  #remove(object: T): void {
    for (const key of this.#keysOf(object)) {
      const group = this.#groups.get(key);
      group?.delete(object.metadata.uid ?? '');
      if (group?.size === 0) this.#groups.delete(key);
      this.touch(key);
    }
  }
}
