import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineIndex } from './line-index.ts';
import { levelOf } from './log-level.ts';
import { parseLine, withoutColours } from './log-line.ts';
import { LogStore } from './log-store.ts';

const linesOf = (store: LogStore): string[] =>
  Array.from({ length: store.size }, (_, index) => store.line(store.first + index));

describe('the log store', () => {
  test('gives back every line, however the text was cut on its way', () => {
    const text = fc.array(
      fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll('\n', ' ')),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(text, fc.array(fc.nat(200), { maxLength: 20 }), (lines, cuts) => {
        const store = new LogStore();
        let rest = lines.map((line) => `${line}\n`).join('');
        for (const cut of cuts) {
          store.append(rest.slice(0, cut));
          rest = rest.slice(cut);
        }
        store.append(rest);
        expect(linesOf(store)).toEqual(lines);
      }),
    );
  });

  test('an unfinished last line counts once the log is closed', () => {
    const store = new LogStore();
    store.append('one\ntw');
    expect(linesOf(store)).toEqual(['one']);
    store.close();
    expect(linesOf(store)).toEqual(['one', 'tw']);
  });

  test('lets the oldest lines go beyond its limit, and keeps their numbers', () => {
    const store = new LogStore({ maxCharacters: 100_000 });
    const line = `${'x'.repeat(99)}\n`;
    for (let round = 0; round < 40; round += 1) store.append(line.repeat(100));
    expect(store.end).toBe(4000);
    expect(store.first).toBeGreaterThan(2500);
    expect(store.line(3999)).toBe('x'.repeat(99));
    expect(store.line(0)).toBe('');
  });
});

test('an index finds the chosen lines as the log grows, in slices', () => {
  const store = new LogStore();
  const index = new LineIndex(store, (number) => store.level(number) >= 4);
  store.append('level=info a\nlevel=error b\n');
  expect(index.catchUp(1000)).toBe(true);
  store.append('plain\nERROR c\n');
  index.catchUp(1000);
  expect([index.at(0), index.at(1), index.at(2)]).toEqual([1, 3, undefined]);
  expect(index.placeOf(2)).toBe(1);
});

test.each([
  ['time="x" level=warning msg="slow"', 3],
  ['level=error msg="broken"', 4],
  ['pg_dump: error: connection refused', 4],
  ['[INFO] ready', 2],
  ['no word of weight', 0],
  ['the file terror.txt', 0],
])('the level of %j', (line, level) => {
  expect(levelOf(line)).toBe(level);
});

test('a line is split into instant and text, without control characters; colours stay until they are read', () => {
  const red = '\u001b[31mred\u001b[0m';
  expect(parseLine(`2026-11-23T02:00:00.123456789Z ${red}\u0007\r`)).toEqual({
    instant: '2026-11-23T02:00:00.123456789Z',
    text: red,
  });
  expect(parseLine('no instant')).toEqual({ instant: '', text: 'no instant' });
  expect(withoutColours(red)).toBe('red');
});
