import { describe, expect, it } from 'vitest';
import { MisconfiguredError } from './misconfigured-error.ts';
import { parseYamlDocument } from './yaml-document.ts';

const mebibyte = 1024 * 1024;
const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

const bombs: Record<string, string> = {
  'open brackets': '['.repeat(mebibyte),
  'nested flow': `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
  'nested flow maps': `${'{a: '.repeat(10_000)}${'}'.repeat(10_000)}`,
  'nested sequences': `${'- '.repeat(500_000)}a`,
  'explicit keys': `${'? '.repeat(500_000)}a`,
  tags: '!a '.repeat(300_000),
  aliases: `a: &a x\nb: [${'*a,'.repeat(100_000)}]`,
  laughs: lines(30, (index) => (index ? `a${index}: &a${index} [${`*a${index - 1},`.repeat(9)}]` : 'a0: &a0 [x]')),
  'deep indentation': lines(1400, (index) => `${' '.repeat(index)}a:`),
  comments: '#\n'.repeat(mebibyte / 2),
  'double keys': 'a: 1\n'.repeat(15_000),
  documents: '---\n'.repeat(15_000),
};
const heavy: Record<string, string> = {
  'many keys': lines(15_000, (index) => `k${index}: v`),
  'deep indentation': lines(300, (index) => `${' '.repeat(index)}a:`),
  'a long text': `a: "${'\\n'.repeat(mebibyte / 2)}"`,
  'many access keys': lines(
    10_000,
    (index) => `- {name: k${index}, roles: [backupUploader], password: ${'x'.repeat(40)}}`,
  ),
};

describe('parseYamlDocument', () => {
  it.each(Object.entries(bombs))('refuses %s at once', (_name, text) => {
    const [time, memory] = [process.cpuUsage(), process.memoryUsage().rss];
    expect(() => parseYamlDocument(text, 'it')).toThrow(MisconfiguredError);
    const { user, system } = process.cpuUsage(time);
    expect((user + system) / 1000).toBeLessThan(1000);
    expect(process.memoryUsage().rss - memory).toBeLessThan(150 * mebibyte);
  });

  it.each(Object.entries(heavy))('reads %s in time', (_name, text) => {
    const time = process.cpuUsage();
    expect(parseYamlDocument(text, 'it')).toBeTypeOf('object');
    const { user, system } = process.cpuUsage(time);
    expect((user + system) / 1000).toBeLessThan(3000);
  });

  it('reads documents as they are', () => {
    expect(parseYamlDocument('a: [1, {b: null}]\nc: &x y\nd: *x\n"__proto__": {e: 1}\n', 'it')).toEqual(
      JSON.parse('{"a": [1, {"b": null}], "c": "y", "d": "y", "__proto__": {"e": 1}}'),
    );
    expect(({} as Record<string, unknown>)['e']).toBeUndefined();
    expect(parseYamlDocument('', 'it')).toBeNull();
  });
});
