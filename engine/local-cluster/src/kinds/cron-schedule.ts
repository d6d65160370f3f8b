const names: Record<number, readonly string[]> = {
  3: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  4: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
};
const bounds: readonly (readonly [number, number])[] = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
];
const macros = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']);

/** What Kubernetes finds wrong with a CronJob's schedule; undefined when it accepts it. */
export function wrongSchedule(schedule: string): string | undefined {
  if (/TZ=/.test(schedule)) {
    return 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
  }
  if (schedule.startsWith('@')) return wrongMacro(schedule);
  const fields = schedule.trim().split(/\s+/).filter(Boolean);
  if (fields.length !== 5) {
    return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  }
  for (const [index, field] of fields.entries()) {
    const wrong = wrongField(field, index);
    if (wrong) return wrong;
  }
  return undefined;
}

function wrongMacro(schedule: string): string | undefined {
  if (macros.has(schedule)) return undefined;
  if (!schedule.startsWith('@every ')) return `unrecognized descriptor: ${schedule}`;
  const duration = schedule.slice('@every '.length);
  return /^([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$/.test(duration)
    ? undefined
    : `failed to parse duration ${schedule}: time: invalid duration "${duration}"`;
}

const wrongField = (field: string, index: number): string | undefined =>
  field.split(',').reduce<string | undefined>((wrong, part) => wrong ?? wrongRange(part, index), undefined);

function wrongRange(text: string, index: number): string | undefined {
  const [range = '', step, ...moreSteps] = text.split('/');
  const [from = '', to, ...moreEnds] = range.split('-');
  if (moreSteps.length > 0) return `too many slashes: ${text}`;
  if (moreEnds.length > 0) return `too many hyphens: ${text}`;
  if (step !== undefined && !/^[1-9][0-9]*$/.test(step)) {
    return /^0+$/.test(step)
      ? `step of range should be a positive number: ${text}`
      : `failed to parse int from ${step}`;
  }
  if (from === '*' || from === '?') return to === undefined ? undefined : `failed to parse int from ${from}`;
  return wrongEnds(text, [from, to ?? from], index);
}

function wrongEnds(text: string, ends: [string, string], index: number): string | undefined {
  const [low, high] = bounds[index] ?? [0, 0];
  const [first, last] = ends.map((end) => numberOf(end, index)) as [number, number];
  if (Number.isNaN(first)) return `failed to parse int from ${ends[0]}`;
  if (Number.isNaN(last)) return `failed to parse int from ${ends[1]}`;
  if (first < low) return `beginning of range (${first}) below minimum (${low}): ${text}`;
  if (last > high) return `end of range (${last}) above maximum (${high}): ${text}`;
  return first > last ? `beginning of range (${first}) beyond end of range (${last}): ${text}` : undefined;
}

function numberOf(text: string, index: number): number {
  const named = names[index]?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return named + (index === 3 ? 1 : 0);
  return /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
}

export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
