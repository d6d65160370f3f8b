import fc from 'fast-check';
import { readCollection, readSecretEntry, readUser } from '../../configuration/documents.ts';
import { MisconfiguredError } from '../../configuration/misconfigured-error.ts';
import { parseYamlDocument } from '../../configuration/yaml-document.ts';
import { type FuzzTarget, must, syncTarget } from '../fuzz-target.ts';
import { pieces } from '../inputs.ts';

const readers = [
  (raw: unknown) => readUser(raw, 'shop'),
  (raw: unknown) => readCollection(raw, 'shop'),
  (raw: unknown) => readSecretEntry(raw, 'shop', '__proto__'),
] as const;

const mustBeReadOrRefused = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    must(error instanceof MisconfiguredError, `it is refused in words, not with ${String(error)}`);
    return undefined;
  }
};

const mustBeUnpolluted = (): void => {
  must(Object.keys(Object.prototype).length === 0, 'no prototype was changed');
  must(({} as Record<string, unknown>)['polluted'] === undefined, 'no object inherits anything');
};

const check = (document: unknown): void => {
  for (const reader of readers) {
    mustBeReadOrRefused(() => reader(document));
  }
  mustBeUnpolluted();
};

const yaml = syncTarget({
  name: 'YAML documents',
  family: 'T35',
  weight: 2,
  inputs: pieces(
    ...['metadata:', ' ', '\n', 'name: shop', 'spec:', '  ', '- ', 'roles: [', ']', '{', '}', ': ', '? '],
    ...[
      '&a ',
      '*a',
      '!!js/function ',
      '!!map ',
      '<<: ',
      '|',
      '>-',
      '---\n',
      '...\n',
      '"\\x41"',
      '__proto__: {polluted: 1}',
    ],
  ),
  check: (text) => check(mustBeReadOrRefused(() => parseYamlDocument(text, 'it'))),
});

const bombs: Record<string, (size: number) => string> = {
  brackets: (size) => '['.repeat(size),
  braces: (size) => '{a: '.repeat(size / 4),
  sequences: (size) => '- '.repeat(size / 2),
  keys: (size) => '? '.repeat(size / 2),
  tags: (size) => '!a '.repeat(size / 3),
  aliases: (size) => `a: &a x\nb: [${'*a,'.repeat(size / 3)}]`,
  doubled: (size) => 'a: 1\n'.repeat(size / 5),
  quotes: (size) => '"'.repeat(size),
  indents: (size) => Array.from({ length: Math.sqrt(size) }, (_, index) => `${' '.repeat(index)}a:`).join('\n'),
  carriage: (size) => '\r'.repeat(size),
  merges: (size) => '<<: '.repeat(size / 4),
  anchors: (size) => '&a '.repeat(size / 3),
};
const yamlBombs = syncTarget({
  name: 'YAML bombs',
  family: 'T35',
  weight: 0.02,
  inputs: fc.record({
    kind: fc.constantFrom(...Object.keys(bombs)),
    size: fc.integer({ min: 1000, max: 100_000 }),
    before: pieces('a: ', '\n', '"'),
  }),
  check: ({ kind, size, before }) =>
    void mustBeReadOrRefused(() => parseYamlDocument(`${before}${bombs[kind]?.(size) ?? ''}`, 'it')),
});

const fields = [
  'name',
  'roles',
  'objects',
  'accessKeys',
  'deactivated',
  'windows',
  'accessControl',
  'maxBackupsCount',
  'NAME',
];
const specs = fc.dictionary(
  fc.oneof(fc.constantFrom(...fields), fc.constantFrom('__proto__', 'constructor')),
  fc.jsonValue({ maxDepth: 3 }),
);
const json = syncTarget({
  name: 'JSON documents',
  family: 'T35',
  weight: 2,
  inputs: fc
    .record({ metadata: fc.oneof(fc.constant({ name: 'shop' }), fc.jsonValue()), spec: specs, data: fc.jsonValue() })
    .map((document) => JSON.stringify(document)),
  check: (text) => check(JSON.parse(text)),
});

const depths = syncTarget({
  name: 'JSON depths',
  family: 'T35',
  weight: 0.02,
  inputs: fc.record({
    open: fc.constantFrom('[', '{"a":', '{"spec":', '{"__proto__":'),
    depth: fc.integer({ min: 1, max: 20_000 }),
  }),
  check: ({ open, depth }) => {
    const text = `${open.repeat(depth)}1${(open === '[' ? ']' : '}').repeat(depth)}`;
    check(JSON.parse(text));
  },
});

export const documentTargets: readonly FuzzTarget[] = [yaml, yamlBombs, json, depths];
