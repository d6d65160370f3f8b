import { toInteger } from '../go-template/literals.ts';
import { GoFloat } from '../go-template/values.ts';

const exactNumber = (_key: string, value: unknown, { source }: { source?: string }): unknown => {
  if (typeof value !== 'number' || source === undefined) return value;
  return /^-?[0-9]+$/.test(source) ? toInteger(BigInt(source)) : new GoFloat(value);
};

/** Reads JSON so that 1 and 1.0 stay apart, and all digits are kept, as Go does. */
export const readExactJson = (text: string): unknown =>
  JSON.parse(text, exactNumber as (key: string, value: unknown) => unknown);
