import { randomInt } from 'node:crypto';

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Letters and digits that form no words. */
export const randomSuffix = (length: number): string =>
  Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');

export const randomName = (prefix: string): string => `${prefix}-${randomSuffix(10)}`;
