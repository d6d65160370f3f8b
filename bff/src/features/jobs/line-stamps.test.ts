import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineStamps, normaliseInstant } from './line-stamps.ts';

const run = (text: string, options: { since?: string; cuts?: number[] } = {}): string => {
  const stamps = new LineStamps(options);
  const bytes = Buffer.from(text);
  const cuts = [
    0,
    ...(options.cuts ?? []).map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b),
    bytes.length,
  ];
  const parts = cuts.slice(1).map((cut, index) => stamps.write(bytes.subarray(cuts[index], cut)));
  return Buffer.concat([...parts, stamps.end()]).toString();
};

const second = '2026-11-23T05:00:00';

describe('LineStamps', () => {
  it('tells lines of one instant apart', () => {
    const text = `${second}.5Z a\n${second}.5Z b\n${second}Z c\n`;
    expect(run(text)).toBe(`${second}.500000000Z a\n${second}.500000001Z b\n${second}.500000002Z c\n`);
  });

  it('carries into the next second', () => {
    expect(run(`${second}.999999999Z a\n${second}.999999999Z b\n`)).toContain('05:00:01.000000000Z b\n');
  });

  it('keeps lines without a timestamp, and ends the last line', () => {
    expect(run(`${second}Z a\nno stamp here\n\nlast`)).toBe(
      `${second}.000000000Z a\n${second}.000000001Z no stamp here\n${second}.000000002Z \n${second}.000000003Z last\n`,
    );
  });

  it('reads a time zone', () => {
    expect(normaliseInstant('2026-11-23T06:00:00.25+01:00')).toBe(`${second}.250000000Z`);
    expect(normaliseInstant('yesterday')).toBeUndefined();
  });

  it('gives the same text however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.string({ maxLength: 100 })), { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        (lines, cuts) => {
          const text = lines.map(([tick, line]) => `${second}.${tick}Z ${line.replaceAll('\n', '')}\n`).join('');
          expect(run(text, { cuts })).toBe(run(text));
        },
      ),
    );
  });

  it('resumes after any line without losing or repeating one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        (ticks, pick) => {
          const sorted = ticks.toSorted();
          const text = sorted.map((tick, index) => `${second}.${tick}Z line ${index}\n`).join('');
          const whole = run(text).trimEnd().split('\n');
          const at = pick % whole.length;
          const since = whole[at]?.split(' ')[0];
          expect(run(text, { since })).toBe(
            whole
              .slice(at + 1)
              .map((line) => `${line}\n`)
              .join(''),
          );
        },
      ),
    );
  });
});
