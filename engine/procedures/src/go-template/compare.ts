import { ValueError } from './template-error.ts';
import { GoFloat, goType, type Kind, kindOf, type Value } from './values.ts';

const basic = new Set<Kind>(['bool', 'string', 'int', 'float']);
const ordered = new Set<Kind>(['string', 'int', 'float']);

const equalTo = (a: Value, b: Value): boolean => {
  const kind = kindOf(a);
  const other = kindOf(b);
  if (kind !== other) {
    if (kind === 'nil' || other === 'nil') return false;
    throw new ValueError('incompatible types for comparison');
  }
  if (kind === 'nil') return true;
  if (!basic.has(kind)) throw new ValueError(`non-comparable type ${goType(a)}`);
  return a instanceof GoFloat && b instanceof GoFloat ? a.value === b.value : BigIntAware(a) === BigIntAware(b);
};

const BigIntAware = (value: Value): Value => (typeof value === 'number' ? BigInt(value) : value);

/** `eq a b c…`: does the first equal any of the others? */
export const equalsAny = (first: Value, others: readonly Value[]): boolean => {
  if (others.length === 0) throw new ValueError('missing argument for comparison');
  return others.some((other) => equalTo(first, other));
};

/** `lt`. Strings compare by bytes. */
export const lessThan = (a: Value, b: Value): boolean => {
  const kind = kindOf(a);
  if (!basic.has(kind) || !basic.has(kindOf(b))) throw new ValueError('invalid type for comparison');
  if (kind !== kindOf(b)) throw new ValueError('incompatible types for comparison');
  if (!ordered.has(kind)) throw new ValueError('invalid type for comparison');
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
  if (a instanceof GoFloat && b instanceof GoFloat) return a.value < b.value;
  return (a as number) < (b as number);
};
