import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../../..');

/** Rows of the tables below `heading`, without their heads: the cell that names tests comes second from `column`. */
const rowsOf = (file: string, { heading, column }: { heading: string; column: number }) => {
  const text = readFileSync(path.join(root, file), 'utf8').split(`\n${heading}\n`)[1] ?? '';
  return text
    .split('\n## ', 1)[0]
    ?.split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .filter((cells) => !['Behaviour', 'Procedure'].includes(cells[1] ?? ''))
    .map((cells) => ({ behaviour: cells[1] ?? '', tests: cells[column] ?? '' }));
};

/** `file.test.ts`: `name`, `name`; `other.test.ts`: `name` */
const references = (tests: string): { file: string; names: string[] }[] =>
  tests.split('; ').map((part) => {
    const [file = '', ...names] = [...part.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
    return { file, names };
  });

const expectTests = (tests: string, folder: string): void => {
  for (const { file, names } of references(tests)) {
    const place = path.join(/^(shared|e2e)\//.test(file) ? root : path.join(import.meta.dirname, folder), file);
    expect(existsSync(place), `there is a file ${file}`).toBe(true);
    const code = readFileSync(place, 'utf8');
    for (const name of names) {
      const titles = [`'${name}'`, `"${name}"`, `\`${name}\``];
      expect(
        titles.some((title) => code.includes(title)),
        `${file} has a test "${name}"`,
      ).toBe(true);
    }
  }
};

describe('docs/compatibility-engine.md, procedure generator', () => {
  const rows = rowsOf('docs/compatibility-engine.md', { heading: '## Procedure generator', column: 2 }) ?? [];

  it('has tables', () => expect(rows.length).toBeGreaterThan(20));

  it.each(rows.filter(({ tests }) => tests !== ''))('$behaviour', ({ tests }) => expectTests(tests, '.'));
});

describe('docs/procedures.md, damage', () => {
  const rows = rowsOf('docs/procedures.md', { heading: '## What a damaged backup does', column: 3 }) ?? [];

  it('has a row for each procedure', () => expect(rows.length).toBe(5));

  it.each(rows)('$behaviour', ({ tests }) => expectTests(tests, 'scripts'));
});
