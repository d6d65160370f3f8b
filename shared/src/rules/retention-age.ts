import { parseGoDuration } from './go-duration.ts';

const day = 86_400_000;
const syntax = /^(?:(\d{1,5})w)?(?:(\d{1,6})d)?(.*)$/;
const century = 36_525 * day;

/**
 * Reads how old something may be, in milliseconds: weeks and days before what Go writes as a duration (`5d`, `2w`, `36h`,
 * `1d12h`). Undefined: it is none, it is negative, or it is more than a hundred years.
 */
export const parseAge = (text: string): number | undefined => {
  const [, weeks, days, rest = ''] = syntax.exec(text) ?? [];
  const whole = (Number(weeks ?? 0) * 7 + Number(days ?? 0)) * day;
  const onlyWhole = rest === '' && (weeks ?? days) !== undefined;
  const part = onlyWhole ? 0 : parseGoDuration(rest);
  const age = part === undefined ? undefined : whole + part;
  return age === undefined || /^[+-]/.test(rest) || age > century ? undefined : age;
};
