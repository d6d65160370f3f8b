/* Words for times, sizes and durations. English for now; the browser's locale decides how dates are written. */

const units: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'long' });

/** `3 hours ago`, `in 2 days`, `just now`. */
export function relativeTime(instant: string, now: number): string {
  const seconds = Math.round((Date.parse(instant) - now) / 1000);
  const size = Math.abs(seconds);
  if (size < 45) return seconds > 0 ? 'in a moment' : 'just now';
  const [unit, length] = units.find(([, each]) => size >= each * 0.95) ?? ['minute', 60];
  return relative.format(Math.round(seconds / length), unit);
}

const styles = {
  absolute: {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  },
  short: { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Making a formatter costs a hundred times what using it does. */
function formatter(style: keyof typeof styles, timeZone: string | undefined): Intl.DateTimeFormat {
  const key = `${style} ${timeZone ?? ''}`;
  const known = formatters.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB', { ...styles[style], timeZone });
  formatters.set(key, made);
  return made;
}

/** Date and time with seconds, in `timeZone` (default: the browser's), with the zone's short name. */
export const absoluteTime = (instant: string | number | Date, timeZone?: string): string =>
  formatter('absolute', timeZone).format(new Date(instant));

/** `Mon, 23 Nov, 02:00`: for lists of coming runs. */
export const shortTime = (instant: string | number | Date, timeZone?: string): string =>
  formatter('short', timeZone).format(new Date(instant));

/** The instants in a sentence of the server, as a person in this place writes them. */
export const withLocalTimes = (sentence: string): string =>
  sentence.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (instant) => absoluteTime(instant));

const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** IEC: `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), sizes.length - 1);
  const value = bytes / 1024 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : Number(value.toFixed(1))} ${sizes[power]}`;
}

const lengths: readonly [string, number][] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** The two largest units: `3 h 12 min`, `45 s`, `2 d`. */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return 'under 1 s';
  let rest = Math.round(seconds);
  const parts: string[] = [];
  for (const [unit, length] of lengths) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}

export const formatCount = (count: number, one: string, many = `${one}s`): string =>
  `${new Intl.NumberFormat('en').format(count)} ${count === 1 ? one : many}`;

export const secondsBetween = (from: string, to: string | number): number =>
  Math.max(0, ((typeof to === 'number' ? to : Date.parse(to)) - Date.parse(from)) / 1000);
