import type { ScheduledBackup } from '@backstay/shared';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderTemplate } from '../go-template/template.ts';
import { ProcedureError } from '../procedure-error.ts';
import { exampleSchedule } from '../testing/scheduled-backup.ts';
import { buildDefinition, type DefinitionInput } from './definition.ts';
import { parsePath } from './value-path.ts';
import { parseDefinition, type YamlDialect } from './yaml.ts';

const repository = 'Repository:\n  url: https://b.example//\n';

const scheduled = (vars: string, importOnlyKeys: string[] = []): ScheduledBackup =>
  exampleSchedule({ collectionId: 'from-spec', varsSecretRef: { importOnlyKeys }, vars });

const build = (vars: string, rest: Omit<DefinitionInput, 'scheduledBackup'> & { only?: string[] } = {}) =>
  buildDefinition({ scheduledBackup: scheduled(vars, rest.only), ...rest });

const action = (vars: string) => ({
  spec: { action: 'restore' as const, scheduledBackupRef: { name: 'app1' }, vars },
});

describe('buildDefinition', () => {
  it('fills what the other parts of the spec know', () => {
    const { definition, warnings } = build(repository, { token: 'tok', passphrase: 'secret' });
    expect(definition['Repository']).toEqual({
      url: 'https://b.example',
      token: 'tok',
      collectionId: 'from-spec',
      recipient: 'ops@example.org',
      passphrase: 'secret',
    });
    expect(definition).toMatchObject({ Params: {}, HelmValues: {} });
    expect(warnings).toEqual([]);
  });

  it('lets vars name collection, recipient and passphrase themselves', () => {
    const vars = `${repository}  collectionId: iwa\n  recipient: a@b.c\n  passphrase: p\n  token: t\n`;
    const { definition } = build(vars, { passphrase: 'other' });
    expect(definition['Repository']).toMatchObject({
      collectionId: 'iwa',
      recipient: 'a@b.c',
      passphrase: 'p',
      token: 't',
    });
  });

  it('lets later sources win: vars, token, vars Secret, action', () => {
    const vars = `${repository}  token: vars\nParams:\n  hostname: a\n  password: vars\n`;
    const varsSecret = { 'Repository.token': 'secret', 'Params.password': 'secret' };
    expect(build(vars, { token: 'tok' }).definition['Repository']).toMatchObject({ token: 'tok' });
    expect(build(vars, { token: 'tok', varsSecret }).definition['Repository']).toMatchObject({ token: 'secret' });
    const { definition } = build(vars, { token: 'tok', varsSecret, action: action('Params:\n  hostname: other\n') });
    expect(definition['Params']).toEqual({ hostname: 'other', password: 'secret' });
    const all = build(vars, { varsSecret, action: action('Params: {password: action}\nRepository:\n') });
    expect(all.definition['Params']).toEqual({ hostname: 'a', password: 'action' });
  });

  it('imports paths, lists and nested keys, and skips what is no path with a warning that holds no value', () => {
    const { definition, warnings } = build(repository, {
      varsSecret: { 'a[1]': 'two', 'key.pub': 'pub', 'e-mail.txt': 'hidden', 'with space': 'hidden' },
    });
    expect(definition).toMatchObject({ a: [null, 'two'], key: { pub: 'pub' } });
    expect(warnings).toHaveLength(2);
    expect(warnings.join()).toContain('e-mail.txt');
    expect(warnings.join()).not.toContain('hidden');
  });

  it('honours importOnlyKeys', () => {
    const varsSecret = { 'Params.a': '1', 'Params.b': '2', 'e-mail.txt': 'x' };
    const { definition, warnings } = build(repository, { varsSecret, only: ['Params.b'] });
    expect(definition['Params']).toEqual({ b: '2' });
    expect(warnings).toEqual([]);
  });

  it('takes null parents for empty maps', () => {
    const { definition } = build(`${repository}HelmValues:\nParams:\n`, { varsSecret: { 'HelmValues.image': 'x' } });
    expect(definition).toMatchObject({ HelmValues: { image: 'x' }, Params: {} });
  });

  it.each([
    ['Params: 5\nRepository: {url: x}', { 'Params.a': '1' }, /Params.a cannot be set/],
    ['', {}, /Repository.url is missing/],
    ['Repository: nope', {}, /Repository must be a map/],
    ['- a', {}, /must be a map/],
    ['a: [1', {}, /spec.vars is not YAML: line 1/],
    ['a: 1\na: 2', {}, /spec.vars is not YAML: line 2, column 1/],
  ])('refuses %j with a message', (vars, varsSecret, message) => {
    expect(() => build(vars, { varsSecret })).toThrow(ProcedureError);
    expect(() => build(vars, { varsSecret })).toThrow(message);
  });

  it('shows no value in an error', () => {
    const attempt = () => build('Params:\n  password: hunter2 "\n   x: y: z\n');
    expect(attempt).toThrow(ProcedureError);
    expect(attempt).not.toThrow(/hunter2/);
  });
});

describe('plain values', () => {
  const print = (text: string, dialect: YamlDialect) =>
    renderTemplate('{{ .v }}', parseDefinition(`v: ${text}`, dialect, 'f'));

  it.each([
    ['yes', 'yes', 'true'],
    ['off', 'off', 'false'],
    ['n', 'n', 'false'],
    ['true', 'true', 'true'],
    ['0123', '83', '83'],
    ['0o17', '15', '15'],
    ['0x1f', '31', '31'],
    ['1e6', '1e+06', '1e+06'],
    ['1.0', '1', '1'],
    ['2020-01-02', '2020-01-02T00:00:00Z', '2020-01-02'],
    ['"0123"', '0123', '0123'],
    ["'yes'", 'yes', 'yes'],
    ['9007199254740993', '9007199254740993', '9007199254740993'],
    ['~', '<no value>', '<no value>'],
    ['', '<no value>', '<no value>'],
    ['08', '8', '8'],
    ['1:30', '1:30', '1:30'],
    ['[a, 1]', '[a 1]', '[a 1]'],
    ['{b: 1, a: x}', 'map[a:x b:1]', 'map[a:x b:1]'],
  ])('%s prints %s in a resource and %s in a file', (text, resource, file) => {
    expect(print(text, 'resource')).toBe(resource);
    expect(print(text, 'file')).toBe(file);
  });

  it('never throws anything but a ProcedureError', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab:-[]{}&*!|>%@`"\'#?,\n \t01.') }), (text) => {
        try {
          parseDefinition(text, 'resource', 'vars');
        } catch (error) {
          expect(error).toBeInstanceOf(ProcedureError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('parsePath', () => {
  it.each([
    ['Params.password', ['Params', 'password']],
    ['a[0]', ['a', 0]],
    ['a[0].b[2]', ['a', 0, 'b', 2]],
    ['.Params.x', ['Params', 'x']],
    ['key.pub', ['key', 'pub']],
    ['e-mail.txt', undefined],
    ['a b', undefined],
    ['', undefined],
    ['[0]', undefined],
    ['a..b', undefined],
    ['a[99999]', undefined],
  ])('reads %j as %j', (text, path) => {
    expect(parsePath(text)).toEqual(path);
  });
});
