import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findBuiltInProcedure, literalParameter } from '@backstay/shared';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'expansion-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The functions that every built-in script begins with, and one that expands each value of the environment. */
const functions = (findBuiltInProcedure('files')?.check ?? '').split('bm_problem()')[0] ?? '';
const expandAll = (values: readonly string[]): string[] => {
  const script = `${functions}
for ((at = 0; at < COUNT; at++)); do
  name=VALUE_$at
  if bm_expand "\${!name}"; then printf '%s\\0' "=$BM_EXPANDED"; else printf '%s\\0' "!$BM_PROBLEM"; fi
done`;
  const env = {
    PATH: process.env['PATH'],
    COUNT: String(values.length),
    NAME: 'value $NAME `x`',
    EMPTY: '',
    FOLDER: folder,
    ...Object.fromEntries(values.map((value, index) => [`VALUE_${index}`, value])),
  };
  const options: ExecFileSyncOptionsWithStringEncoding = {
    env,
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  };
  return execFileSync('bash', ['-c', script], options).split('\0').slice(0, -1);
};
const expand = (value: string): string => expandAll([value])[0] ?? '';

describe('a parameter value', () => {
  it.each([
    ['${NAME}', 'value $NAME `x`'],
    ['a${NAME}b${EMPTY}c', 'avalue $NAME `x`bc'],
    ['${MISSING:-fallback}', 'fallback'],
    ['${EMPTY:-fallback}', 'fallback'],
    ['$(printf "%s" "a)b")', 'a)b'],
    ['$(echo $(echo nested))!', 'nested!'],
    ["$(echo 'single \")')", 'single ")'],
    ['$(printf "$NAME")', 'value $NAME `x`'],
    ['$${NAME}', '${NAME}'],
    ['$$(id)', '$(id)'],
  ])('%s becomes %s', (value, expected) => {
    expect(expand(value)).toBe(`=${expected}`);
  });

  it.each([
    "'; rm -rf / #",
    '$HOME',
    '`id`',
    '"quoted"',
    "it's",
    'back\\slash\\n',
    'new\nline',
    '$',
    '$$',
    'a$b$c',
    '${}',
    '${a b}',
    '${!NAME}',
    '${NAME/x/y}',
    '$(unclosed',
    '$((1+1)',
    '!history',
    '*',
    '~',
    '-n',
    '',
    ' spaces  kept ',
    'ünï',
  ])('%j stays as it is', (value) => {
    expect(expand(value)).toBe(`=${value}`);
  });

  it('is refused when its variable does not exist or its command fails', () => {
    expect(expand('${MISSING}')).toMatch(/^!it uses \$\{MISSING\}/);
    expect(expand('$(exit 3)')).toBe('!the command in it failed.');
  });

  it('stays as it is, whatever it is, when it was made literal, and runs nothing', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '$(touch "$FOLDER/ran")',
        '`touch "$FOLDER/ran"`',
        '${NAME}',
        '$',
        '{',
        '}',
        '(',
        ')',
        '\\',
        "'",
        '"',
      ),
      fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
    );
    const values = fc.array(
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
      { minLength: 1, maxLength: 50 },
    );
    fc.assert(
      fc.property(values, (texts) => {
        expect(expandAll(texts.map(literalParameter))).toEqual(texts.map((text) => `=${text}`));
      }),
      { numRuns: 40 },
    );
    expect(existsSync(path.join(folder, 'ran'))).toBe(false);
  });
});
