import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderTemplate } from './template.ts';
import { TemplateError } from './template-error.ts';
import { GoFloat } from './values.ts';

const failure = (template: string, data: unknown = {}): TemplateError => {
  try {
    renderTemplate(template, data);
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error('it was rendered');
};

describe('an error', () => {
  it.each([
    ['a\n  {{ .Params.nope }}', { line: 2, column: 6, reason: 'map has no entry for key "nope"' }],
    ['ż\n\nż{{ nosuch 1 }}', { line: 3, column: 5, reason: 'function "nosuch" not defined' }],
    ['{{ if .Params }}\nx', { line: 1, column: 4 }],
    ['x {{ .Params', { line: 1, column: 3, reason: 'unclosed action' }],
    ['{{ .s | printf "%d"\n | index 3 }}', { line: 2, column: 4 }],
    ['{{ "abc\n" }}', { line: 1, column: 4, reason: 'unterminated quoted string' }],
    ['{{ end }}', { line: 1, column: 4, reason: 'unexpected {{end}}' }],
    ['{{ $x }}', { line: 1, column: 4, reason: 'undefined variable "$x"' }],
  ])('of %j says where and what', (template, expected) => {
    expect(failure(template, { Params: {}, s: 's' })).toMatchObject(expected);
  });
});

describe('what would never end', () => {
  it.each([
    '{{ range 999999999 }}{{ end }}',
    '{{ range 99999 }}{{ range 99999 }}x{{ end }}{{ end }}',
    '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}',
    `{{ ${'('.repeat(50_000)} }}`,
    '{{ if true }}'.repeat(20_000),
    '{{ printf "%99999999999d" 1 }}{{ printf "%1000000d" 1 | printf "%s%s" }}{{ end }}',
  ])('is stopped: %#', (template) => {
    expect(failure(template)).toBeInstanceOf(TemplateError);
  });
});

it('takes no longer for a long run of spaces than for other text', () => {
  const run = ' '.repeat(1_000_000);
  expect(renderTemplate('{{ printf "%*sx" 1000000 "y" | trim }}', {})).toBe('yx');
  expect(renderTemplate('{{ printf "x%*s" 1000000 "y" | trim }}', {})).toHaveLength(1_000_001);
  expect(renderTemplate(`x${run}y{{- "z" }}`, {})).toBe(`x${run}yz`);
  expect(renderTemplate(`x${run}{{- "z" -}}${run}y`, {})).toBe('xzy');
});

it('trims what Go takes for a space', () => {
  const spaces = ' \t\n\v\f\r\u0085\u00a0\u1680\u2003\u2028\u3000';
  expect(renderTemplate('<{{ trim .s }}>', { s: `${spaces}a${spaces}b${spaces}` })).toBe(`<a${spaces}b>`);
  expect(renderTemplate('<{{ trim .s }}>', { s: '\ufeffa\ufeff' })).toBe('<\ufeffa\ufeff>');
});

it('takes a member named like one of JavaScript for what it is', () => {
  const data = JSON.parse('{"m": {"__proto__": "p", "constructor": "c"}}') as unknown;
  expect(renderTemplate('{{ .m.__proto__ }}{{ .m.constructor }}', data)).toBe('pc');
  expect(failure('{{ .m.toString }}', { m: {} }).reason).toContain('map has no entry');
});

const fragment = fc.constantFrom(
  ...'{{|}}|{{-| -}}|.|.a|.list|$|$x|:=|=|||(|)|"s"|`r`|\'c\'|1|1.5|-2|if|else|end|range|with|define|template|block|break|continue|nil|true|len|index|printf|print|eq|lt|slice|and|or|not|default|replace|html|js|urlquery|call|,|/*|*/|\n|"%d%[3]*.[2]*[1]f"'.split(
    '|',
  ),
  ' ',
  ' ',
);
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.double().map((number) => new GoFloat(number)),
    fc.array(tie('any')),
    fc.dictionary(fc.constantFrom('a', 'list', 'x'), tie('any')),
  ),
})).any;

const never = (template: string, data: unknown): void => {
  try {
    renderTemplate(template, data, { steps: 20_000, characters: 200_000, depth: 50 });
  } catch (error) {
    expect(error).toBeInstanceOf(TemplateError);
  }
};

describe('whatever comes in, it prints or throws a TemplateError', () => {
  it('with pieces of templates', () => {
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 25 }), value, (pieces, data) => never(pieces.join(''), data)),
      { numRuns: 6000 },
    );
  });

  it('with one action of any tokens', () => {
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 10 }), value, (pieces, data) =>
        never(`{{ ${pieces.join(' ')} }}`, data),
      ),
      { numRuns: 6000 },
    );
  });

  it('with any format of printf', () => {
    const format = fc.array(fc.constantFrom(...'%sdqxXvTtfFeEgGcUobO*.[]+-# 0123459'), { maxLength: 12 });
    fc.assert(
      fc.property(format, value, (pieces, data) => never(`{{ printf .f .v .v }}`, { f: pieces.join(''), v: data })),
      { numRuns: 6000 },
    );
  });

  it('with any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => never(`{{${text}}}`, {})),
      { numRuns: 3000 },
    );
  });
});
