import { isQuantity } from '../kinds/quantity.ts';

const patterns: Record<string, RegExp> = {
  'date-time': /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/,
  date: /^\d{4}-\d{2}-\d{2}$/,
  uuid: /^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$/,
  email: /^[^@\s]+@[^@\s]+$/,
  byte: /^[A-Za-z0-9+/]*={0,2}$/,
  duration: /^-?([0-9]+(\.[0-9]*)?(ns|us|µs|μs|ms|s|m|h))+$|^\s*\d+(\.\d*)?\s*(ns|us|ms|s|m|h|d|w|[a-z]+)\s*$/i,
  ipv4: /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/,
};

/** Unknown formats accept everything, as in Kubernetes. */
export function isFormatted(value: string, format: string): boolean {
  if (format === 'quantity') return isQuantity(value);
  if (format === 'uri') return URL.canParse(value) || value.startsWith('/');
  if (format === 'date-time' || format === 'date') {
    return patterns[format]?.test(value) === true && !Number.isNaN(Date.parse(value));
  }
  return patterns[format]?.test(value) ?? true;
}
