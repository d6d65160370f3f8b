import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/deployment-files.ts';

/* Tables of documents whose rows promise a behaviour and name the tests that hold it. */

export interface PromiseRow {
  readonly behaviour: string;
  /** `file.test.ts`: `name`, `name`; `other.test.ts`: `name`; fault cases T1, T2 */
  readonly tests: string;
}

export interface PromiseTable {
  /** From the root of the repository. */
  readonly document: string;
  /** Only what stands below this heading of the second level. */
  readonly heading?: string;
  /** Of the cell that names tests, from 1; the behaviour is the first. */
  readonly column: number;
}

export const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

const isRuler = (line: string | undefined): boolean => /^\|[\s|:-]+$/.test(line ?? '');

const cellsOf = (line: string): string[] => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));

/** The rows of all tables, without their heads. */
export const promisesOf = ({ document, heading, column }: PromiseTable): PromiseRow[] => {
  const whole = textOf(document);
  const text = heading === undefined ? whole : (whole.split(`\n## ${heading}\n`)[1] ?? '').split('\n## ', 1).join();
  return text
    .split('\n')
    .filter((line, index, lines) => line.startsWith('| ') && !isRuler(line) && !isRuler(lines[index + 1]))
    .map(cellsOf)
    .map((cells) => ({ behaviour: cells[1] ?? '', tests: cells[column] ?? '' }));
};

const inFile = /^`([^`]+\.ts)`: (`[^`]+`(?:, `[^`]+`)*)$/;
const asFaultCase = /^fault cases? (T\d+(?:, T\d+)*)$/;

/** Where the names of files begin with one of these, they are relative to the root. */
const fromRoot = /^(shared|e2e|engine|deploy)\//;

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** Behind `it` or `it.each(…)` and the like, but not behind `it.skip`; or the first value of a row, which names its test. */
const hasTest = (code: string, name: string): boolean =>
  new RegExp(`(?:(?:\\bit|\\))\\(|\\[)\\s*(['"\`])${escaped(name)}\\1,`).test(code);

const missingInFile = (file: string, names: readonly string[], folder: string): string[] => {
  const place = fromRoot.test(file) ? file : join(folder, file);
  if (!existsSync(join(root, place))) return [`there is no file ${place}`];
  const code = textOf(place);
  return names.filter((name) => !hasTest(code, name)).map((name) => `${place} has no test "${name}"`);
};

const faults = 'e2e/src/faults';

const faultCases = (): string =>
  readdirSync(join(root, faults), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => textOf(join(faults, file)))
    .join('\n');

const missingFaultCases = (names: readonly string[]): string[] => {
  const code = faultCases();
  return names
    .filter((name) => !new RegExp(`(?:name: |fuzzCase\\()'${name}'`).test(code))
    .map((name) => `there is no fault case ${name}`);
};

/** What is wrong with the tests that a row names; files are relative to a folder that is given from the root. */
export const missingTests = ({ tests }: PromiseRow, folder: string): string[] =>
  tests.split(/; (?=`[^`]+\.ts`: |fault case)/).flatMap((part) => {
    const [, file, names] = inFile.exec(part) ?? [];
    if (file !== undefined && names !== undefined) {
      return missingInFile(file, names.slice(1, -1).split('`, `'), folder);
    }
    const cases = asFaultCase.exec(part)?.[1];
    return cases === undefined ? [`"${part}" names no test`] : missingFaultCases(cases.split(', '));
  });
