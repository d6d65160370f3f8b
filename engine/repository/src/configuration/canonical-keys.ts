const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Existing documents may write field names in any case. Exact spellings win over others. */
export const withCanonicalKeys = (value: unknown, names: readonly string[]): unknown => {
  if (Array.isArray(value)) {
    return value.map((item) => withCanonicalKeys(item, names));
  }
  if (!isObject(value)) {
    return value;
  }
  const byLowerCase = new Map(names.map((name) => [name.toLowerCase(), name]));
  const result = new Map<string, unknown>();
  for (const [key, member] of Object.entries(value)) {
    const name = byLowerCase.get(key.toLowerCase()) ?? key;
    if (key === name || !result.has(name)) {
      result.set(name, withCanonicalKeys(member, names));
    }
  }
  return Object.fromEntries(result);
};
