import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readExactJson } from '../testing/exact-json.ts';
import { renderTemplate } from './template.ts';
import { TemplateError } from './template-error.ts';

interface Case {
  template: string;
  output?: string;
  error?: string;
}

const read = (name: string): string =>
  readFileSync(new URL(`../../fixtures/go-template/${name}`, import.meta.url), 'utf8');

const data = readExactJson(read('data.json'));
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
