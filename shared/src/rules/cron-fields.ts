interface Bounds {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
  readonly hint?: string;
}

/** The values that one field of an expression allows. */
export interface CronField {
  readonly values: ReadonlySet<number>;
  /** The field was written as a star, so that it restricts nothing. */
  readonly star: boolean;
}

export interface CronFields {
  readonly minute: CronField;
  readonly hour: CronField;
  readonly dayOfMonth: CronField;
  readonly month: CronField;
  readonly dayOfWeek: CronField;
}

/** Why an expression was refused, for people. Never leaves these rules: parseCron returns the message. */
export class CronSyntaxError extends Error {}

const monthNames = ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const fieldBounds = {
  minute: { label: 'minute', min: 0, max: 59, names: [] },
  hour: { label: 'hour', min: 0, max: 23, names: [] },
  dayOfMonth: { label: 'day of month', min: 1, max: 31, names: [] },
  month: { label: 'month', min: 1, max: 12, names: monthNames, hint: 'or jan to dec' },
  dayOfWeek: { label: 'day of week', min: 0, max: 6, names: dayNames, hint: '(0 is Sunday) or sun to sat' },
} as const satisfies Record<keyof CronFields, Bounds>;

const allowed = ({ min, max, hint }: Bounds): string => `${min} to ${max}${hint === undefined ? '' : ` ${hint}`}`;

const parseNumber = (text: string, bounds: Bounds): number => {
  if (!/^\+?\d{1,9}$/.test(text)) {
    throw new CronSyntaxError(`"${text}" is not a value for ${bounds.label}; use ${allowed(bounds)}.`);
  }
  return Number(text);
};

const parseValue = (text: string, bounds: Bounds): number => {
  const named = text === '' ? -1 : bounds.names.indexOf(text.toLowerCase());
  return named >= 0 ? named : parseNumber(text, bounds);
};

const parseEnds = (text: string, bounds: Bounds): { start: number; end: number; star: boolean; single: boolean } => {
  const [low = '', high, ...more] = text.split('-');
  const single = high === undefined;
  // Whatever follows a star in `*-5` is ignored by Kubernetes' parser too.
  if (low === '*' || low === '?') {
    return { start: bounds.min, end: bounds.max, star: true, single };
  }
  if (more.length > 0) {
    throw new CronSyntaxError(`"${text}" has too many hyphens for a range of ${bounds.label}; write it as FROM-TO.`);
  }
  const start = parseValue(low, bounds);
  return { start, end: single ? start : parseValue(high, bounds), star: false, single };
};

const checkRange = (text: string, range: { start: number; end: number }, bounds: Bounds): void => {
  if (range.start < bounds.min || range.end > bounds.max) {
    throw new CronSyntaxError(`"${text}" is out of range for ${bounds.label}; use ${allowed(bounds)}.`);
  }
  if (range.start > range.end) {
    throw new CronSyntaxError(`"${text}" runs backwards; a range of ${bounds.label} begins with its smaller value.`);
  }
};

const parseRange = (text: string, bounds: Bounds): CronField => {
  const [rangeText = '', stepText, ...more] = text.split('/');
  if (more.length > 0) {
    throw new CronSyntaxError(`"${text}" has too many slashes; write a step of ${bounds.label} as RANGE/STEP.`);
  }
  const { start, end, star, single } = parseEnds(rangeText, bounds);
  const step = stepText === undefined ? 1 : parseNumber(stepText, { ...bounds, label: `a step of ${bounds.label}` });
  // `5/15` means from 5 to the end in steps of 15.
  const last = stepText !== undefined && single ? bounds.max : end;
  checkRange(text, { start, end: last }, bounds);
  if (step === 0) {
    throw new CronSyntaxError(`"${text}" has a step of 0; a step of ${bounds.label} must be 1 or more.`);
  }
  const values = new Set<number>();
  for (let value = start; value <= last; value += step) {
    values.add(value);
  }
  return { values, star: star && step === 1 };
};

const parseField = (text: string, bounds: Bounds): CronField => {
  const values = new Set<number>();
  let star = false;
  for (const part of text.split(',').filter((item) => item !== '')) {
    const range = parseRange(part, bounds);
    star ||= range.star;
    for (const value of range.values) {
      values.add(value);
    }
  }
  return { values, star };
};

/** Reads the five fields of an expression. Throws CronSyntaxError. */
export const parseCronFields = (expression: string): CronFields => {
  const fields = expression.split(/\s+/u).filter((field) => field !== '');
  if (fields.length !== 5) {
    throw new CronSyntaxError(
      `A schedule has 5 fields (minute, hour, day of month, month, day of week); this one has ${fields.length}.`,
    );
  }
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = fields;
  return {
    minute: parseField(minute, fieldBounds.minute),
    hour: parseField(hour, fieldBounds.hour),
    dayOfMonth: parseField(dayOfMonth, fieldBounds.dayOfMonth),
    month: parseField(month, fieldBounds.month),
    dayOfWeek: parseField(dayOfWeek, fieldBounds.dayOfWeek),
  };
};
