import { formatFloat } from './format.ts';

/** The digits of a finite number without zeros around them, and where the point stands in them. */
interface Digits {
  readonly text: string;
  readonly point: number;
}

const trimmed = (text: string, point: number): Digits => {
  const kept = text.replace(/0+$/, '');
  return kept === '' ? { text: '', point: 0 } : { text: kept, point };
};

/** Mantissa and exponent to the base of 2, as they stand in a float64. */
const parts = (value: number): { mantissa: bigint; exponent: number } => {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & ((1n << 52n) - 1n);
  return exponent === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: exponent - 1075 };
};

const exactDigits = (value: number): Digits => {
  const { mantissa, exponent } = parts(value);
  if (exponent >= 0) {
    const text = (mantissa << BigInt(exponent)).toString();
    return trimmed(text, text.length);
  }
  const text = (mantissa * 5n ** BigInt(-exponent)).toString();
  return trimmed(text, text.length + exponent);
};

/** Keeps `count` digits; a tie goes to the even one, as in Go. */
const round = ({ text, point }: Digits, count: number): Digits => {
  if (count >= text.length) return { text, point };
  if (count < 0) return { text: '', point: 0 };
  const kept = text.slice(0, count);
  const rest = text.slice(count);
  const odd = /[13579]$/.test(kept);
  const up = rest > '5' || (rest === '5' && odd);
  if (!up) return trimmed(kept, point);
  const raised = (BigInt(kept || '0') + 1n).toString().padStart(count, '0');
  return trimmed(raised, point + raised.length - count);
};

const exponential = ({ text, point }: Digits, decimals: number): string => {
  const fraction = decimals > 0 ? `.${text.slice(1, 1 + decimals).padEnd(decimals, '0')}` : '';
  const power = text === '' ? 0 : point - 1;
  return `${text[0] ?? '0'}${fraction}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
};

const positional = ({ text, point }: Digits, decimals: number): string => {
  const whole = point > 0 ? text.slice(0, point).padEnd(point, '0') : '0';
  const fraction = ('0'.repeat(Math.max(0, -point)) + text.slice(Math.max(0, point))).slice(0, decimals);
  return decimals > 0 ? `${whole}.${fraction.padEnd(decimals, '0')}` : whole;
};

const general = (value: number, precision: number): string => {
  const most = Math.max(1, precision);
  const digits = round(exactDigits(value), most);
  const { text, point } = digits;
  const limit = most > text.length && text.length >= point ? text.length : most;
  if (point - 1 < -4 || point - 1 >= limit) return exponential(digits, Math.min(most, text.length) - 1);
  return positional(digits, Math.max(text.length - point, 0));
};

const binary = (value: number): string => {
  const { mantissa, exponent } = parts(value);
  return `${mantissa}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
};

const hexadecimal = (value: number, precision: number | undefined): string => {
  let { mantissa, exponent } = parts(value);
  exponent += 52;
  if (mantissa === 0n) exponent = 0;
  while (mantissa !== 0n && mantissa >> 52n === 0n) {
    mantissa <<= 1n;
    exponent--;
  }
  let digits = 13;
  if (precision !== undefined && precision < 13) {
    const dropped = BigInt(4 * (13 - precision));
    const [half, rest] = [1n << (dropped - 1n), mantissa & ((1n << dropped) - 1n)];
    mantissa >>= dropped;
    if (rest > half || (rest === half && (mantissa & 1n) === 1n)) mantissa++;
    digits = precision;
    if (mantissa >> BigInt(4 * digits + 1) !== 0n) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  const whole = mantissa >> BigInt(4 * digits);
  const fraction =
    digits === 0 ? '' : (mantissa & ((1n << BigInt(4 * digits)) - 1n)).toString(16).padStart(digits, '0');
  const shown = precision === undefined ? fraction.replace(/0+$/, '') : fraction.padEnd(precision, '0');
  const power = `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  return `0x${whole}${shown === '' ? '' : `.${shown}`}p${power}`;
};

const magnitude = (value: number, verb: string, precision: number | undefined): string => {
  switch (verb) {
    case 'e':
      return exponential(round(exactDigits(value), (precision ?? 6) + 1), precision ?? 6);
    case 'f': {
      const digits = exactDigits(value);
      return positional(round(digits, digits.point + (precision ?? 6)), precision ?? 6);
    }
    case 'b':
      return binary(value);
    case 'x':
      return hexadecimal(value, precision);
    default:
      return precision === undefined ? formatFloat(value) : general(value, precision);
  }
};

/** strconv.FormatFloat of a float64, always with a sign. `verb` is one of b, e, f, g, x or its capital. */
export const floatText = (value: number, verb: string, precision: number | undefined): string => {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '+NaN' : formatFloat(value);
  const negative = value < 0 || Object.is(value, -0);
  const text = magnitude(Math.abs(value), verb.toLowerCase(), precision);
  return (negative ? '-' : '+') + (verb === verb.toUpperCase() ? text.toUpperCase() : text);
};
