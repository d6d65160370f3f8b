import { GoFloat, isList, isMap, sortedKeys, type Value } from './values.ts';

const paddedExponent = (text: string): string => text.replace(/e([+-])(\d)$/, 'e$10$2');

const special = (value: number): string | undefined => {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return undefined;
  return value > 0 ? '+Inf' : '-Inf';
};

/** Go's %v of a float64: the shortest digits, with an exponent from 1e+06 on and below 1e-04. */
export const formatFloat = (value: number): string => {
  const name = special(value);
  if (name !== undefined) return name;
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const scientific = value.toExponential();
  const exponent = Number(scientific.slice(scientific.indexOf('e') + 1));
  return exponent < -4 || exponent >= 6 ? paddedExponent(scientific) : String(value);
};

/** Go's %v inside another value: nil is `<nil>`. */
export const formatNested = (value: Value): string => {
  if (value === null || value === undefined) return '<nil>';
  if (value instanceof GoFloat) return formatFloat(value.value);
  if (isList(value)) return `[${value.map(formatNested).join(' ')}]`;
  if (isMap(value)) {
    return `map[${sortedKeys(value)
      .map((key) => `${key}:${formatNested(value[key] ?? null)}`)
      .join(' ')}]`;
  }
  return String(value);
};

/** What an action prints: as %v, and `<no value>` for nil. */
export const formatTop = (value: Value): string =>
  value === null || value === undefined ? '<no value>' : formatNested(value);

/** fmt.Sprint: a space between two operands of which neither is a string. */
export const sprint = (values: readonly Value[]): string =>
  values
    .map((value, index) => {
      const previous = values[index - 1];
      const spaced = index > 0 && typeof value !== 'string' && typeof previous !== 'string';
      return `${spaced ? ' ' : ''}${formatNested(value)}`;
    })
    .join('');

/** fmt.Sprintln. */
export const sprintln = (values: readonly Value[]): string => `${values.map(formatNested).join(' ')}\n`;
