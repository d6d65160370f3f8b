import { describe, expect, it } from 'vitest';
import { missingTests, type PromiseTable, promisesOf, textOf } from './promised-tests.ts';

interface Section extends PromiseTable {
  /** Which files of tests are relative to. */
  readonly folder: string;
  readonly least: number;
}

const engine = 'docs/compatibility-engine.md';

const sections: Section[] = [
  { document: 'docs/compatibility.md', column: 2, folder: 'engine/repository/src', least: 70 },
  { document: engine, heading: 'Procedure generator', column: 2, folder: 'engine/procedures/src', least: 20 },
  {
    ...{ document: engine, heading: 'Custom resources and controller', column: 2 },
    ...{ folder: 'engine/controller/src', least: 30 },
  },
  { document: engine, heading: 'Client', column: 2, folder: 'engine/client/src', least: 20 },
  {
    ...{ document: 'docs/procedures.md', heading: 'What a damaged backup does', column: 3 },
    ...{ folder: 'engine/procedures/src/scripts', least: 5 },
  },
];

describe.each(sections)('$document: $heading', ({ folder, least, ...table }) => {
  const rows = promisesOf(table);

  it('has tables', () => expect(rows.length).toBeGreaterThanOrEqual(least));

  it.each(rows)('$behaviour', (row) => expect(missingTests(row, folder)).toEqual([]));
});

it('no section of docs/compatibility-engine.md is left out', () => {
  const headings = [...textOf(engine).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(sections.flatMap(({ document, heading }) => (document === engine ? [heading] : [])));
});

describe('a row', () => {
  const folder = 'engine/cli/src/documents';
  const missing = (tests: string): string[] => missingTests({ behaviour: 'any', tests }, folder);

  it('holds when all its tests are there', () => {
    expect(missing('`promised-tests.test.ts`: `$behaviour`, `has tables`; fault cases T3, T33')).toEqual([]);
  });

  it.each([
    ['', '"" names no test'],
    ['the same', '"the same" names no test'],
    ['`promised-tests.test.ts`', '"`promised-tests.test.ts`" names no test'],
    ['`none.test.ts`: `any`', 'there is no file engine/cli/src/documents/none.test.ts'],
    ['`promised-tests.test.ts`: `a row`', 'engine/cli/src/documents/promised-tests.test.ts has no test "a row"'],
    ['fault case T999', 'there is no fault case T999'],
  ])('does not hold when it says %j', (tests, expected) => {
    expect(missing(tests)).toEqual([expected]);
  });
});
