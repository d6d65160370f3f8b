import { randomInt } from 'node:crypto';

const letters = 'bcdfghjklmnpqrstvwxz2456789';
const maxBase = 58;

/** Five random letters behind the base, without vowels: no word comes about by accident. */
export function generatedName(base: string): string {
  let name = base.slice(0, maxBase);
  for (let index = 0; index < 5; index += 1) name += letters[randomInt(letters.length)];
  return name;
}
