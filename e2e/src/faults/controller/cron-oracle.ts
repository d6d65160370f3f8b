const minute = 60_000;

interface Wall {
  minute: number;
  hour: number;
  day: number;
  month: number;
  weekday: number;
}

/** What the wall clock of a zone shows at an instant; asked of Intl, minute by minute, and remembered. */
export interface Oracle {
  wallAt(instant: number): Wall;
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const oracles = new Map<string, Oracle>();

export function oracleFor(timeZone: string): Oracle {
  const known = oracles.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', weekday: 'short', month: 'numeric' },
    ...{ day: 'numeric', hour: 'numeric', minute: 'numeric' },
  });
  const walls = new Map<number, Wall>();
  const oracle: Oracle = {
    wallAt: (instant) => {
      const found = walls.get(instant);
      if (found) return found;
      const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, value]));
      const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
      const weekday = weekdays.indexOf(parts.get('weekday') ?? '');
      const wall = { minute: part('minute'), hour: part('hour'), day: part('day'), month: part('month'), weekday };
      walls.set(instant, wall);
      return wall;
    },
  };
  oracles.set(timeZone, oracle);
  return oracle;
}

/** A field as its list of values, written without a look at the rules that it judges. */
function valuesOf(text: string, min: number, max: number): Set<number> {
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', step] = part.split('/');
    const [low, high] = range === '*' ? [min, max] : range.split('-').map(Number);
    const last = high ?? (step === undefined ? low : max);
    for (let value = low ?? min; value <= (last ?? max); value += Number(step ?? 1)) values.add(value);
  }
  return values;
}

interface Wanted {
  day(wall: Wall): boolean;
  minute(wall: Wall): boolean;
}

function wantedBy(expression: string): Wanted {
  const [minutes = '*', hours = '*', days = '*', months = '*', weekdaysText = '*'] = expression.split(' ');
  const allowed = {
    minute: valuesOf(minutes, 0, 59),
    hour: valuesOf(hours, 0, 23),
    day: valuesOf(days, 1, 31),
    month: valuesOf(months, 1, 12),
    weekday: valuesOf(weekdaysText, 0, 6),
  };
  const star = (text: string): boolean => /^\*(\/1)?$/.test(text);
  const anyDay = star(days) || star(weekdaysText);
  const onDay = (wall: Wall): boolean => {
    const [day, weekday] = [allowed.day.has(wall.day), allowed.weekday.has(wall.weekday)];
    return allowed.month.has(wall.month) && (anyDay ? day && weekday : day || weekday);
  };
  return {
    day: onDay,
    minute: (wall) => allowed.minute.has(wall.minute) && allowed.hour.has(wall.hour) && onDay(wall),
  };
}

/** Every minute whose wall clock fits: one that the clock skips is not there, one that it shows twice is there twice. */
export function allMatches(
  oracle: Oracle,
  expression: string,
  { from, until }: { from: number; until: number },
): number[] {
  const wanted = wantedBy(expression);
  const found: number[] = [];
  for (let at = from; at < until; at += minute) if (wanted.minute(oracle.wallAt(at))) found.push(at);
  return found;
}

/**
 * Whether Kubernetes itself takes a day for the one beside it: its search asks for the day again at midnight only, and a day
 * that has none is passed over after one that is not wanted, and taken as well after one that is (robfig/cron 3, `Next`). What
 * is right then depends on where the search begins, so an oracle of minutes cannot tell; `shared` holds such days to what Go
 * prints.
 */
export function mayMistakeDays(
  oracle: Oracle,
  expression: string,
  { from, until }: { from: number; until: number },
): boolean {
  const wanted = wantedBy(expression);
  for (let at = from; at < until; at += minute) {
    const [before, wall] = [oracle.wallAt(at - minute), oracle.wallAt(at)];
    const lacksMidnight = before.day !== wall.day && (wall.hour > 0 || wall.minute > 0);
    if (lacksMidnight && wanted.day(wall) !== wanted.day(before)) return true;
  }
  return false;
}
