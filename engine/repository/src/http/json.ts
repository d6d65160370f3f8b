const sorted = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** JSON as the old server wrote it: four spaces, keys in order. */
export const toJson = (value: unknown): string => JSON.stringify(value, sorted, 4);
