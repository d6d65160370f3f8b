import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const source = path.join(import.meta.dirname, '..');
const root = path.join(source, '../../..');
const text = readFileSync(path.join(root, 'docs/compatibility.md'), 'utf8');

interface Row {
  readonly behaviour: string;
  readonly tests: string;
}

/** The rows of all tables, without their heads. */
const rows: Row[] = text
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| Behaviour |'))
  .map((line) => {
    const [, behaviour = '', tests = ''] = line.split('|').map((cell) => cell.trim());
    return { behaviour, tests };
  });

/** `file.test.ts`: `name`, `name`; `other.test.ts`: `name` */
const references = (tests: string): { file: string; names: string[] }[] =>
  tests.split('; ').map((part) => {
    const [file = '', ...names] = [...part.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
    return { file, names };
  });

const pathOf = (file: string): string => path.join(/^(shared|e2e)\//.test(file) ? root : source, file);

describe('docs/compatibility.md', () => {
  it('has tables', () => {
    expect(rows.length).toBeGreaterThan(70);
  });

  it.each(rows)('$behaviour', ({ tests }) => {
    const found = references(tests);
    expect(found.length).toBeGreaterThan(0);
    for (const { file, names } of found) {
      expect(existsSync(pathOf(file)), `there is a file ${file}`).toBe(true);
      const code = readFileSync(pathOf(file), 'utf8');
      for (const name of names) {
        const quoted = [`'${name}'`, `"${name}"`, `\`${name}\``];
        expect(
          quoted.some((title) => code.includes(title)),
          `${file} has a test "${name}"`,
        ).toBe(true);
      }
    }
  });
});
