import { type HelmValues, helmValuesSchema } from '@backstay/shared';
import { GoFloat, isList, isMap, type Value } from '../go-template/values.ts';
import { ProcedureError } from '../procedure-error.ts';
import type { Definition } from '../vars/definition.ts';

/** Values as plain JSON: Kubernetes objects know no Go floats. */
const toPlain = (value: Value): unknown => {
  if (value instanceof GoFloat) return value.value;
  if (isList(value)) return value.map(toPlain);
  if (isMap(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toPlain(item)]));
  return typeof value === 'bigint' ? Number(value) : value;
};

const withoutNull = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));

/** @throws ProcedureError that names the members that cannot be used. */
export const readHelmValues = (definition: Definition): HelmValues => {
  const raw = toPlain(definition['HelmValues'] ?? {}) as Record<string, unknown>;
  const result = helmValuesSchema.safeParse(withoutNull(raw));
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `HelmValues.${path.join('.')}: ${message}`);
  throw new ProcedureError(problems.join(' '));
};
