import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { configurationConformance } from './configuration-conformance.ts';
import { createFilesystemProvider } from './filesystem-provider.ts';
import { MisconfiguredError } from './misconfigured-error.ts';

const create = async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'backstay-configuration-'));
  const fileOf = (plural: string, name: string): string =>
    plural === 'secrets'
      ? path.join(root, 'backups', 'v1', 'secrets', `${name}.yaml`)
      : path.join(root, 'backups', 'backups.riotkit.org', 'v1alpha1', plural, `${name}.yaml`);
  const write = async (plural: string, name: string, text: string): Promise<void> => {
    await mkdir(path.dirname(fileOf(plural, name)), { recursive: true });
    await writeFile(fileOf(plural, name), text);
  };
  return {
    provider: createFilesystemProvider(root, 'backups'),
    write,
    put: (plural: string, name: string, document: unknown) => write(plural, name, stringify(document)),
    close: () => rm(root, { recursive: true, force: true }),
  };
};

configurationConformance('the filesystem', create);

it('survives documents that are made to hurt', async () => {
  const source = await create();
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
    .split('')
    .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`)
    .join('\n')}\nmetadata: {name: x}\nspec: {email: x, roles: []}\n`;
  const texts = [
    bomb,
    '[',
    '{',
    '\t',
    'a: b: c',
    `${'['.repeat(10_000)}`,
    'x'.repeat(2 * 1024 * 1024),
    '',
    'null',
    '7',
  ];
  for (const text of texts) {
    await source.write('backupusers', 'x', text);
    await expect(source.provider.user('x'), text.slice(0, 20)).rejects.toBeInstanceOf(MisconfiguredError);
  }
  await fc.assert(
    fc.asyncProperty(fc.string(), async (text) => {
      await source.write('backupusers', 'x', text);
      await expect(source.provider.user('x')).rejects.toBeInstanceOf(MisconfiguredError);
    }),
    { numRuns: 200 },
  );
  await source.close();
});

it('fails its check when the folder is away', async () => {
  await expect(createFilesystemProvider('/nowhere', 'backups').check()).rejects.toThrow(/cannot be read \(ENOENT\)/);
});
