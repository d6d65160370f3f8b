/** A small generator that gives the same numbers again for the same seed. */
export interface Random {
  /** Whole, from `min` up to but not including `max`. */
  int(min: number, max: number): number;
  pick<T>(items: readonly [T, ...T[]]): T;
  bytes(length: number): Buffer;
}

/** Mulberry32: 32 bits of state, which is plenty for choosing where to hurt. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const int = (min: number, max: number): number => min + Math.floor((next() / 2 ** 32) * (max - min));
  return {
    int,
    pick: (items) => items[int(0, items.length)] ?? items[0],
    bytes: (length) => {
      const bytes = Buffer.alloc(length);
      for (let at = 0; at < length; at += 1) bytes[at] = next() & 0xff;
      return bytes;
    },
  };
}
