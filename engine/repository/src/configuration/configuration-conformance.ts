import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConfigurationProvider } from './configuration-provider.ts';
import { MisconfiguredError } from './misconfigured-error.ts';

export interface ConfigurationSource {
  readonly provider: ConfigurationProvider;
  /** Stores a document as it is. `name` is where it is found; the document may say another. */
  put(plural: 'backupusers' | 'backupcollections' | 'secrets', name: string, document: unknown): Promise<void>;
  close(): Promise<void>;
}

/** What every source of users, collections and secrets must do. */
export const configurationConformance = (label: string, create: () => Promise<ConfigurationSource>): void => {
  describe(`${label} as a source of the configuration`, () => {
    let source: ConfigurationSource;
    beforeAll(async () => {
      source = await create();
    });
    afterAll(() => source.close());
    const named = (name: string, spec: unknown) => ({ metadata: { name }, spec });

    it('reads users', async () => {
      await source.put(
        'backupusers',
        'shop',
        named('shop', {
          email: 'shop@example.org',
          Roles: ['backupUploader'],
          passwordFromRef: { name: 'shop-password', entry: 'a.b' },
          accessKeys: [{ name: 'k', password: 'p', objects: [{ type: 'collection', name: 'db' }] }],
          deactivated: true,
          restrictByIP: ['::1'],
          unknown: { field: 1 },
        }),
      );
      expect(await source.provider.user('shop')).toEqual({
        name: 'shop',
        email: 'shop@example.org',
        roles: ['backupUploader'],
        password: '',
        passwordFromRef: { name: 'shop-password', entry: 'a.b' },
        accessKeys: [
          {
            name: 'k',
            password: 'p',
            passwordFromRef: undefined,
            objects: [{ type: 'collection', name: 'db', roles: [] }],
          },
        ],
        deactivated: true,
        restrictByIP: ['::1'],
      });
      await source.put('backupusers', 'bare', named('bare', { email: 'x', roles: null }));
      expect(await source.provider.user('bare')).toMatchObject({ roles: [], accessKeys: [], deactivated: false });
    });

    it('reads collections, with both spellings of the access control', async () => {
      await source.put(
        'backupcollections',
        'db',
        named('db', {
          filenameTemplate: 'a-${version}',
          maxBackupsCount: 3,
          maxOneVersionSize: '1M',
          maxCollectionSize: 3145728,
          strategyName: 'fifo',
          healthSecretRef: { name: 's', entry: 'e' },
          accessControl: [
            { userName: 'one', roles: ['x'] },
            { name: 'two', type: 'group' },
          ],
        }),
      );
      expect(await source.provider.collection('db')).toMatchObject({
        name: 'db',
        maxCollectionSize: '3145728',
        windows: [],
        healthSecretRef: { name: 's', entry: 'e' },
        accessControl: [
          { name: 'one', type: 'user', roles: ['x'] },
          { name: 'two', type: 'group', roles: [] },
        ],
      });
    });

    it('reads entries of secrets without decoding them', async () => {
      await source.put('secrets', 'shop-password', {
        metadata: { name: 'shop-password' },
        data: { 'a.b': 'YWJj', empty: '' },
      });
      const entry = (name: string) => source.provider.secretEntry('shop-password', name);
      expect([await entry('a.b'), await entry('empty'), await entry('a'), await entry('toString')]).toEqual([
        'YWJj',
        undefined,
        undefined,
        undefined,
      ]);
      expect(await source.provider.secretEntry('absent', 'x')).toBeUndefined();
    });

    it('knows nothing of absent objects and impossible names', async () => {
      for (const name of [
        'absent',
        '',
        '.',
        '..',
        '../backupusers/shop',
        'a/b',
        'a%2fb',
        'Shop',
        'a\0',
        'ä',
        'a'.repeat(254),
      ]) {
        expect(await source.provider.user(name), name).toBeUndefined();
        expect(await source.provider.collection(name), name).toBeUndefined();
        expect(await source.provider.secretEntry(name, 'x'), name).toBeUndefined();
      }
    });

    it('refuses documents that cannot be used, also under a name that is not theirs', async () => {
      await source.put('backupusers', 'renamed', named('shop', { email: 'x', roles: [] }));
      await source.put('backupcollections', 'typed', named('typed', { maxBackupsCount: 'three' }));
      await source.put('backupusers', 'empty', { metadata: { name: 'empty' } });
      await expect(source.provider.user('renamed')).rejects.toBeInstanceOf(MisconfiguredError);
      await expect(source.provider.collection('typed')).rejects.toThrow(/maxBackupsCount/);
      await expect(source.provider.user('empty')).rejects.toBeInstanceOf(MisconfiguredError);
    });

    it('sees changes at once, and can tell that it works', async () => {
      await source.put('backupusers', 'changing', named('changing', { email: 'a', roles: [] }));
      expect((await source.provider.user('changing'))?.email).toBe('a');
      await source.put('backupusers', 'changing', named('changing', { email: 'b', roles: [] }));
      expect((await source.provider.user('changing'))?.email).toBe('b');
      await source.provider.check();
    });
  });
};
