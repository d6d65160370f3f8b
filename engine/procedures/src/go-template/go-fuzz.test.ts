import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readExactJson } from '../testing/exact-json.ts';
import { randomTemplate } from '../testing/random-templates.ts';
import { renderTemplate } from './template.ts';
import { TemplateError } from './template-error.ts';

const folder = fileURLToPath(new URL('../../fixtures/go-template', import.meta.url));
const go = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/local/go/bin']
  .map((one) => path.join(one, 'go'))
  .find((file) => existsSync(file));

/** GO_TEMPLATE_FUZZ=100000 looks longer; GO_TEMPLATE_FUZZ_SEED repeats a run. */
const count = Number(process.env['GO_TEMPLATE_FUZZ'] ?? 4000);
const seed = Number(process.env['GO_TEMPLATE_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const batch = 20_000;

interface Result {
  template: string;
  output?: string;
  error?: string;
}

/** The line of what fails while it runs. Of what it cannot parse, Go says the line where it gave up, which may be a later one. */
const goLine = (error: string): number | undefined => {
  const found = /^template: [^:]*:(\d+):\d+: executing /.exec(error);
  return found ? Number(found[1]) : undefined;
};

/** slice takes an index that is a field; Go takes it from a variable only. And a template may loop for so long that Go was given up. */
const isTolerated = ({ error = '' }: Result): boolean =>
  error === 'timeout' || error.includes('error calling slice: cannot index slice/array with type interface {}');

describe.skipIf(!go)('renderTemplate and the text/template of Go', { timeout: 20_000 + count * 5 }, () => {
  let work: string;
  let program: string;
  const text = readFileSync(path.join(folder, 'data.json'), 'utf8');
  const data = readExactJson(text);

  beforeAll(() => {
    work = mkdtempSync(path.join(tmpdir(), 'go-template-'));
    program = path.join(work, 'reference');
    execFileSync(go ?? 'go', ['build', '-o', program, '.'], {
      cwd: folder,
      env: { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off', CGO_ENABLED: '0' },
    });
  }, 120_000);

  afterAll(() => rmSync(work, { recursive: true, force: true }));

  const reference = (templates: readonly string[]): Result[] => {
    const input = `{"data": ${text}, "templates": ${JSON.stringify(templates)}}`;
    const options = { input, maxBuffer: 1024 ** 3, encoding: 'utf8' } as const;
    return JSON.parse(execFileSync(program, ['batch'], options)) as Result[];
  };

  const ours = (template: string): Result => {
    try {
      return { template, output: renderTemplate(template, data) };
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      return { template, error: error.message };
    }
  };

  const differs = (expected: Result): string | undefined => {
    const found = ours(expected.template);
    if (expected.output !== found.output) return 'output';
    if (expected.error === undefined || found.error === undefined) return undefined;
    const line = goLine(expected.error);
    return line === undefined || found.error.startsWith(`line ${line},`) ? undefined : 'line';
  };

  it(`agree about ${count} random templates`, () => {
    const wrong: unknown[] = [];
    let refused = 0;
    for (let done = 0; done < count; done += batch) {
      const templates = fc.sample(randomTemplate, { numRuns: Math.min(batch, count - done), seed: seed + done });
      const results = reference(templates);
      refused += results.filter(({ error }) => error !== undefined).length;
      for (const expected of results) {
        const what = isTolerated(expected) ? undefined : differs(expected);
        if (what) wrong.push({ what, go: expected, ours: ours(expected.template) });
      }
    }
    wrong.sort((a, b) => JSON.stringify(a).length - JSON.stringify(b).length);
    expect(wrong.slice(0, 5), `${wrong.length} of ${count} differ, seed ${seed}`).toEqual([]);
    // Both kinds must be there, or the generator has become useless.
    expect(refused).toBeGreaterThan(count / 10);
    expect(refused).toBeLessThan((count * 9) / 10);
  });
});
