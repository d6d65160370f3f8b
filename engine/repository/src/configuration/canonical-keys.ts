import { MisconfiguredError } from './misconfigured-error.ts';

const maxDepth = 64;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Existing documents may write field names in any case. Exact spellings win over others. Throws a MisconfiguredError for
 * what is nested deeper than any document.
 */
export const withCanonicalKeys = (value: unknown, names: readonly string[]): unknown => {
  const byLowerCase = new Map(names.map((name) => [name.toLowerCase(), name]));
  const canonical = (member: unknown, depth: number): unknown => {
    if (depth > maxDepth) {
      throw new MisconfiguredError('the document is nested too deeply');
    }
    if (Array.isArray(member)) {
      return member.map((item) => canonical(item, depth + 1));
    }
    return isObject(member) ? renamed(member, depth) : member;
  };
  const renamed = (object: Record<string, unknown>, depth: number): Record<string, unknown> => {
    const result = new Map<string, unknown>();
    for (const [key, member] of Object.entries(object)) {
      const name = byLowerCase.get(key.toLowerCase()) ?? key;
      if (key === name || !result.has(name)) {
        result.set(name, canonical(member, depth + 1));
      }
    }
    return Object.fromEntries(result);
  };
  return canonical(value, 0);
};
