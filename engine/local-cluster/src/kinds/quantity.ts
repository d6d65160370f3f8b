import { isObject } from '../json.ts';
import { type Cause, invalidValue } from '../registry/api-error.ts';

const pattern = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const suffix = /^(|[numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)$/;

/** True for what Kubernetes reads as a quantity: 500m, 1Gi, 1e3. */
export function isQuantity(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'string') return false;
  const match = pattern.exec(value);
  return match !== null && /^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(match[1] ?? '') && suffix.test(match[2] ?? '');
}

export function validateResources(resources: unknown, field: string): Cause[] {
  if (!isObject(resources)) return [];
  return ['limits', 'requests'].flatMap((list) => {
    const quantities = resources[list];
    if (!isObject(quantities)) return [];
    return Object.entries(quantities)
      .filter(([, value]) => !isQuantity(value))
      .map(([name, value]) =>
        invalidValue(
          `${field}.${list}[${name}]`,
          value,
          "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
      );
  });
}
