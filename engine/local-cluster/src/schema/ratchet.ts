import { isObject, sameJson } from '../json.ts';
import type { Cause } from '../registry/api-error.ts';

/** `spec.items[0].key` without what follows a list: items have no identity between two versions of an object. */
const membersOf = ({ field, reason }: Cause): string[] => {
  const names = (field.split('[')[0] ?? '').split('.').filter((name) => name !== '');
  // That something is missing is a fault of what it is missing in.
  return reason === 'FieldValueRequired' && !field.includes('[') ? names.slice(0, -1) : names;
};

const valueAt = (object: unknown, names: readonly string[]): unknown =>
  names.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), object);

/**
 * A rule that came after an object does not hold for what was there before: an update is refused for what it changes only.
 * Kubernetes calls it ratcheting.
 */
export const ratcheted = (causes: readonly Cause[], object: unknown, old: unknown): Cause[] =>
  causes.filter((cause) => {
    const names = membersOf(cause);
    return !sameJson(valueAt(object, names) ?? null, valueAt(old, names) ?? null);
  });
