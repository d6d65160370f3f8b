const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;

/** The smallest part that S3 accepts before the last one. */
export const partBytes = 5 * mebibyte;
/** What S3 allows in one object. */
export const maxObjectBytes = 5 * 1024 * gibibyte;
export const maxParts = 10_000;

/** A piece of staged bytes: an object of its own, which is there as a whole or not at all. */
export interface Segment {
  readonly key: string;
  /** Where its first byte stands in the upload. */
  readonly start: number;
  /** Of the writer that made it; later writers have higher ones. */
  readonly generation: number;
  readonly bytes: number;
  readonly etag: string;
}

const namePattern = /^(\d{16})-(\d{10})$/;

export const segmentName = (start: number, generation: number): string =>
  `${String(start).padStart(16, '0')}-${String(generation).padStart(10, '0')}`;

/** Undefined: no name of a segment. */
export const parseSegmentName = (name: string): { start: number; generation: number } | undefined => {
  const [, start, generation] = namePattern.exec(name) ?? [];
  return start === undefined || generation === undefined
    ? undefined
    : { start: Number(start), generation: Number(generation) };
};

/**
 * The segments that make up what is staged, in order and without a gap. A writer whose lock went to another one may still
 * leave segments behind: generations never decrease along the chain, so nothing of it follows what its successor wrote.
 */
export const chainOf = (segments: readonly Segment[]): Segment[] => {
  const byStart = new Map<number, Segment>();
  for (const segment of segments) {
    const known = byStart.get(segment.start);
    if (segment.bytes > 0 && (known === undefined || known.generation < segment.generation)) {
      byStart.set(segment.start, segment);
    }
  }
  const chain: Segment[] = [];
  let next = byStart.get(0);
  while (next !== undefined && next.generation >= (chain.at(-1)?.generation ?? 0)) {
    chain.push(next);
    next = byStart.get(next.start + next.bytes);
  }
  return chain;
};

export const chainBytes = (chain: readonly Segment[]): number => {
  const last = chain.at(-1);
  return last === undefined ? 0 : last.start + last.bytes;
};

/**
 * How large a segment that starts here becomes. They grow, so that the largest object fits into the parts that S3 allows,
 * and stay small at first, so that most uploads lose little when a server dies.
 */
export const segmentTarget = (start: number): number => {
  if (start < 2.5 * gibibyte) {
    return partBytes;
  }
  return start < 64 * gibibyte ? 64 * mebibyte : gibibyte;
};
