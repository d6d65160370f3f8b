const milliseconds: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy;
/** About 292 years: beyond it Go's 64-bit nanoseconds overflow. */
const limit = 2 ** 63 / 1e6;

/** Reads a duration as Go writes it (`1h30m`, `-1.5s`, `0`), in milliseconds. Undefined: it is none. */
export const parseGoDuration = (text: string): number | undefined => {
  const negative = text.startsWith('-');
  const body = negative || text.startsWith('+') ? text.slice(1) : text;
  if (body === '0') {
    return 0;
  }
  let total = 0;
  let end = 0;
  for (const match of body.matchAll(part)) {
    const [whole, amount = '', unit = ''] = match;
    total += Number(amount) * (milliseconds[unit] ?? 0);
    end += whole.length;
  }
  if (end === 0 || end !== body.length || total >= limit) {
    return undefined;
  }
  return negative ? -total : total;
};
