import { hash } from 'node:crypto';

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, member]) => member !== undefined);
    return Object.fromEntries(
      entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, sorted(member)]),
    );
  }
  return value;
};

export const sha256 = (text: string): string => hash('sha256', text);

/** The same for the same content, whatever the order of members; absent and undefined members are alike. */
export const contentHash = (value: unknown): string => sha256(JSON.stringify(sorted(value)));

/** A UUID that is always the same for the same text. */
export const uuidOf = (text: string): string => {
  const hex = sha256(text);
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === false ||
  value === 0 ||
  (typeof value === 'object' && Object.values(value).every(isEmpty));

/**
 * Whether everything that `wanted` says is so in `actual`, which may say more (defaults of the API server) and may leave out
 * what is empty.
 */
export const contains = (actual: unknown, wanted: unknown): boolean => {
  if (actual === undefined || actual === null) {
    return isEmpty(wanted);
  }
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((item, index) => contains(actual[index], item))
    );
  }
  if (typeof wanted === 'object' && wanted !== null) {
    return (
      typeof actual === 'object' &&
      Object.entries(wanted).every(([key, member]) => contains((actual as Record<string, unknown>)[key], member))
    );
  }
  return actual === wanted;
};
