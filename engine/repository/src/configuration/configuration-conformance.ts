import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConfigurationProvider } from './configuration-provider.ts';
import { DocumentError } from './document-store.ts';
import { MisconfiguredError } from './misconfigured-error.ts';

export interface ConfigurationSource {
  readonly provider: ConfigurationProvider;
  /** Stores a document as it is. `name` is where it is found; the document may say another. */
  put(plural: 'backupusers' | 'backupcollections' | 'secrets', name: string, document: unknown): Promise<void>;
  /** A document cannot say another name than the one it is found under. */
  readonly namesAreKeys?: boolean;
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
      if (!source.namesAreKeys) {
        await expect(source.provider.user('renamed')).rejects.toBeInstanceOf(MisconfiguredError);
      }
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

    describe('written', () => {
      const spec = { email: 'w@example.org', roles: ['backupUploader'] };
      const documents = () => source.provider.documents;
      const reason = (work: Promise<unknown>) =>
        work.then(
          () => 'done',
          (error: unknown) => (error instanceof DocumentError ? error.reason : String(error)),
        );

      it('makes, lists, changes and removes documents', async () => {
        const made = await documents().create('BackupUser', 'written', spec);
        expect(made).toMatchObject({ name: 'written', spec });
        expect(await source.provider.user('written')).toMatchObject(spec);
        expect((await documents().list('BackupUser')).map(({ name }) => name)).toContain('written');
        const fields = { roles: ['backupDownloader'], deactivated: true };
        const changed = await documents().change('BackupUser', 'written', { revision: made.revision, fields });
        expect(changed.revision).not.toBe(made.revision);
        expect(await source.provider.user('written')).toMatchObject({ email: spec.email, ...fields });
        const without = { revision: changed.revision, fields: { deactivated: undefined } };
        const last = await documents().change('BackupUser', 'written', without);
        expect(last.spec).toEqual({ ...spec, roles: ['backupDownloader'] });
        expect(await documents().find('BackupUser', 'written')).toEqual(last);
        await documents().remove('BackupUser', 'written', last.revision);
        expect(await source.provider.user('written')).toBeUndefined();
        expect(await documents().find('BackupUser', 'written')).toBeUndefined();
      });

      it('refuses what others changed, made or removed meanwhile', async () => {
        const first = await documents().create('BackupUser', 'raced', spec);
        expect(await reason(documents().create('BackupUser', 'raced', spec))).toBe('exists');
        const change = (revision: string, email: string) =>
          documents().change('BackupUser', 'raced', { revision, fields: { email } });
        const second = await change(first.revision, 'b@example.org');
        expect(await reason(change(first.revision, 'c@example.org'))).toBe('changed');
        expect(await reason(documents().remove('BackupUser', 'raced', first.revision))).toBe('changed');
        const racers = Array.from({ length: 5 }, (_, index) => reason(change(second.revision, `${index}@example.org`)));
        expect((await Promise.all(racers)).sort()).toEqual(['changed', 'changed', 'changed', 'changed', 'done']);
        const last = await documents().find('BackupUser', 'raced');
        await documents().remove('BackupUser', 'raced', last?.revision ?? '');
        expect(await reason(change(last?.revision ?? '', 'x'))).toBe('absent');
        expect(await reason(documents().remove('BackupUser', 'raced', last?.revision ?? ''))).toBe('absent');
      });

      it('lets one of several makers of a document win', async () => {
        const makers = ['a', 'b', 'c', 'd'].map((email) =>
          reason(documents().create('BackupUser', 'twins', { email, roles: [] })),
        );
        expect((await Promise.all(makers)).sort()).toEqual(['done', 'exists', 'exists', 'exists']);
      });

      it('keeps fields and accounts that it does not know', async () => {
        await source.put('backupusers', 'foreign', named('foreign', { ...spec, about: 'by hand' }));
        const found = await documents().find('BackupUser', 'foreign');
        const fields = { email: 'new@example.org' };
        await documents().change('BackupUser', 'foreign', { revision: found?.revision ?? '', fields });
        expect((await documents().find('BackupUser', 'foreign'))?.spec).toMatchObject({ about: 'by hand', ...fields });
      });

      it('writes entries of secrets, and leaves the others', async () => {
        await documents().setSecretEntry('made', 'first', 'YWJj');
        await documents().setSecretEntry('made', 'second.entry', 'ZGVm');
        await documents().setSecretEntry('made', 'first', 'Z2hp');
        const entries = ['first', 'second.entry'].map((entry) => source.provider.secretEntry('made', entry));
        expect(await Promise.all(entries)).toEqual(['Z2hp', 'ZGVm']);
      });

      it('writes nothing under a name that none can have', async () => {
        for (const name of ['', '.', '..', '../x', 'a/b', 'A', 'a\0', 'a'.repeat(254), '..%2fx', 'x\n']) {
          expect(await reason(documents().create('BackupUser', name, spec)), name).toBe('invalid');
          expect(await reason(documents().change('BackupUser', name, { revision: '', fields: {} }))).toBe('invalid');
          expect(await reason(documents().remove('BackupUser', name, '')), name).toBe('invalid');
          expect(await reason(documents().setSecretEntry(name, 'x', 'YQ==')), name).toBe('invalid');
        }
      });
    });
  });
};
