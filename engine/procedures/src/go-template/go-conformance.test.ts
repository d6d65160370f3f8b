import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toInteger } from './literals.ts';
import { renderTemplate } from './template.ts';
import { TemplateError } from './template-error.ts';
import { GoFloat } from './values.ts';

interface Case {
  template: string;
  output?: string;
  error?: string;
}

const read = (name: string): string =>
  readFileSync(new URL(`../../fixtures/go-template/${name}`, import.meta.url), 'utf8');

/** Keeps 1 and 1.0 apart, and all digits, as the Go program does. */
const exactNumber = (_key: string, value: unknown, { source }: { source?: string }): unknown => {
  if (typeof value !== 'number' || source === undefined) return value;
  return /^-?[0-9]+$/.test(source) ? toInteger(BigInt(source)) : new GoFloat(value);
};

const data: unknown = JSON.parse(read('data.json'), exactNumber as (key: string, value: unknown) => unknown);
const cases = JSON.parse(read('expected.json')) as Case[];

const attempt = (template: string): string | TemplateError => {
  try {
    return renderTemplate(template, data);
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
};

describe('renderTemplate prints what Go prints', () => {
  it('has a table to compare with', () => {
    expect(cases.length).toBeGreaterThanOrEqual(300);
  });

  it.each(cases)('$template', ({ template, output, error }) => {
    const result = attempt(template);
    if (output !== undefined) {
      expect(result).toBe(output);
      return;
    }
    expect(result, `Go says: ${error}`).toBeInstanceOf(TemplateError);
  });
});
