const daySeconds = 86_400;
/** No zone changes its clock twice within this time, so samples this far apart find every change. */
const sampleSeconds = 2 * daySeconds;
const maxCachedYears = 400;

/** One IANA time zone. All instants are whole seconds since 1970-01-01T00:00:00Z. */
export interface TimeZone {
  readonly name: string;
  /** Seconds that the wall clock is ahead of UTC at the instant. */
  offsetAt(instant: number): number;
}

interface Span {
  readonly start: number;
  readonly offset: number;
}

const offsetReader = (name: string): ((instant: number) => number) => {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (instant) => {
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(instant * 1000)) {
      part[type] = Number(value);
    }
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - instant;
  };
};

/** The first instant in (low, high] whose offset is that of `high`. */
const changeBetween = (read: (instant: number) => number, low: number, high: number): number => {
  const after = read(high);
  let [before, at] = [low, high];
  while (at - before > 1) {
    const middle = Math.floor((before + at) / 2);
    if (read(middle) === after) {
      at = middle;
    } else {
      before = middle;
    }
  }
  return at;
};

const spansOfYear = (read: (instant: number) => number, year: number): readonly Span[] => {
  const start = Date.UTC(year, 0, 1) / 1000;
  const end = Date.UTC(year + 1, 0, 1) / 1000;
  const spans: Span[] = [{ start, offset: read(start) }];
  let offset = read(start);
  for (let low = start; low < end; low += sampleSeconds) {
    const high = Math.min(low + sampleSeconds, end);
    const next = read(high);
    if (next !== offset) {
      spans.push({ start: changeBetween(read, low, high), offset: next });
      offset = next;
    }
  }
  return spans;
};

const createTimeZone = (name: string): TimeZone => {
  const read = offsetReader(name);
  const years = new Map<number, readonly Span[]>();
  const spansOf = (year: number): readonly Span[] => {
    const known = years.get(year);
    if (known !== undefined) {
      return known;
    }
    if (years.size >= maxCachedYears) {
      years.clear();
    }
    const spans = spansOfYear(read, year);
    years.set(year, spans);
    return spans;
  };
  return {
    name,
    offsetAt: (instant) => {
      const spans = spansOf(new Date(instant * 1000).getUTCFullYear());
      return spans.findLast((span) => span.start <= instant)?.offset ?? 0;
    },
  };
};

const utc: TimeZone = { name: 'UTC', offsetAt: () => 0 };
const zones = new Map<string, TimeZone>([['UTC', utc]]);

/** Finds a zone by its IANA name. Undefined: there is none of that name. */
export const findTimeZone = (name: string): TimeZone | undefined => {
  const known = zones.get(name);
  // Offsets such as +01:00 are zones to Intl but not to Kubernetes.
  if (known !== undefined || !/^[A-Za-z]/.test(name)) {
    return known;
  }
  try {
    const zone = createTimeZone(name);
    zones.set(name, zone);
    return zone;
  } catch {
    return undefined;
  }
};

/** The wall clock at an instant, to be read with the getUTC… functions. */
export const wallClock = (zone: TimeZone, instant: number): Date => new Date((instant + zone.offsetAt(instant)) * 1000);

/** A wall clock time; parts beyond their range carry over, as in Date.UTC. `month` counts from 0. */
export type WallTime = readonly [year: number, month: number, day: number, hour?: number, minute?: number];

/** The instant of a wall clock time, choosing as Go's time.Date does where the clock shows it twice or never. */
export const instantOf = (zone: TimeZone, wall: WallTime): number => {
  const [year, month, day, hour = 0, minute = 0] = wall;
  const asUtc = Date.UTC(year, month, day, hour, minute) / 1000;
  return asUtc - zone.offsetAt(asUtc - zone.offsetAt(asUtc));
};
