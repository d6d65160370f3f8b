import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { allowedUploadBytes, fifoPolicy, parseBackupWindow, parseSize, versionsToRotate } from '@backstay/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mayActOnCollection } from '../access/decision.ts';
import { parseLogin } from '../access/login.ts';
import { createPasswordVerifier, encodePassword } from '../access/passwords.ts';
import { filenameOf } from '../configuration/collection-rules.ts';
import { createFilesystemProvider } from '../configuration/filesystem-provider.ts';
import { repositorySettings } from '../settings/repository-settings.ts';
import { call } from '../testing/api.ts';
import { createShop, type Harness } from '../testing/harness.ts';
import { missingFooter, missingHeader, OpenPgpInspector } from '../uploads/openpgp-inspector.ts';

/* What the tests of the old server checked, with its fixtures and its words. */

// The hash of `admin` that its example Secret holds.
const adminHash = Buffer.from(
  '$argon2id$v=19$m=65536,t=1,p=4$znW/HOf8Ctdu+o5+mbTvDA==$ZfUiDivAevOdY6wJabAoAPvc5kXlzlC6H68V6tef5F4=',
).toString('base64');

describe('its tests against a running server', () => {
  let shop: Harness;
  beforeAll(async () => {
    // The example administrator is limited to 1.2.3.4 and logs in from the loopback.
    shop = await createShop({ healthCheckKey: 'changeme', enforceAddresses: false });
    await shop.putSecret('backup-repository-passwords', { admin: adminHash });
    await shop.put('BackupUser', 'admin', {
      email: 'riotkit@riseup.net',
      roles: ['systemAdmin'],
      passwordFromRef: { name: 'backup-repository-passwords', entry: 'admin' },
      restrictByIP: ['1.2.3.4'],
    });
    await shop.put('BackupUser', 'unprivileged', { email: 'u@example.org', roles: [], password: adminHash });
  });
  afterAll(() => shop.stop());
  const login = (username: string, password: string) =>
    call(shop, 'POST /api/stable/auth/login', { json: { username, password } });
  const upload = async (username: string, body: string) => {
    const { data } = (await login(username, 'admin')).body;
    return await call(shop, 'POST /api/alpha/repository/collection/shop-db/version', { token: data.token, body });
  };

  it('test_jwt_gaining', async () => {
    const answer = await login('some-user', 'some-password');
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('incorrect Username or Password');
  });

  it('test_jwt_granted', async () => {
    const { body } = await login('admin', 'admin');
    expect(Object.keys(body.data)).toEqual(expect.arrayContaining(['expire', 'sessionId', 'token']));
    expect(body.status).toBe(true);
  });

  it('test_whoami', async () => {
    const { data } = (await login('admin', 'admin')).body;
    const answer = await call(shop, 'GET /api/stable/auth/whoami', { token: data.token });
    expect(answer.body.data.email).toBe('riotkit@riseup.net');
    expect(answer.body.data.sessionId).not.toBe('');
  });

  it('test_cannot_upload_if_uploader_role_not_present', async () => {
    expect((await upload('unprivileged', 'test')).text).toContain(
      'not authorized to upload versions to this collection',
    );
  });

  it('test_gpg_detection', async () => {
    expect((await upload('admin', 'plain text')).text).toContain(
      'cannot upload version. cannot upload file, cannot copy stream, error: first chunk of uploaded data does not contain a valid GPG header',
    );
  });

  it('test_health_endpoint', async () => {
    expect((await call(shop, 'GET /health')).status).toBe(200);
  });
});

describe('its tests of readiness', () => {
  it('test_readiness_when_postgresql_is_off', async () => {
    const shop = await createShop(
      { healthCheckKey: 'changeme' },
      {
        wrap: ({ metadata }) => ({
          metadata: { ...metadata, check: () => Promise.reject(new Error('connect ECONNREFUSED')) },
        }),
      },
    );
    const answer = await call(shop, 'GET /ready?code=changeme');
    expect(answer.status).toBe(500);
    expect(answer.text).toContain('cannot connect to database');
    await shop.stop();
  });

  it('test_readiness_when_storage_is_off', async () => {
    const shop = await createShop({ healthCheckKey: 'changeme' });
    const blobs = path.join(shop.home, 'blobs');
    await rm(blobs, { recursive: true });
    const answer = await call(shop, 'GET /ready?code=changeme');
    await mkdir(blobs);
    expect(answer.status).toBe(500);
    expect(answer.text).toContain('storage not operable');
    await shop.stop();
  });

  it('test_kubernetes_connection_will_be_degraded_if_crds_not_present', async () => {
    const shop = await createShop({ healthCheckKey: 'changeme' });
    await rm(path.join(shop.home, 'configuration'), { recursive: true });
    const answer = await call(shop, 'GET /ready?code=changeme');
    expect(answer.status).toBe(500);
    expect(answer.text).toContain('configuration provider is not usable');
    await shop.stop();
  });
});

describe('its tests of collections', () => {
  const at = (time: string): Date => new Date(`2021-05-01T${time}Z`);
  const window = (from: string, duration: string) => {
    const result = parseBackupWindow({ from, duration }, { timeZone: 'UTC' });
    if (!result.ok) {
      throw new Error(result.message);
    }
    return result.window;
  };

  it('the previous start five minutes after a run is that run', () => {
    expect(window('*/30 * * * *', '10m').latestSlot(at('01:35:00'))?.from).toEqual(at('01:30:00'));
  });

  it('the previous start exactly at a run is, other than there, the run itself: a window opens at its first second', () => {
    expect(window('*/30 * * * *', '10m').latestSlot(at('01:30:00'))?.from).toEqual(at('01:30:00'));
  });

  it('a window is open within its duration and closed afterwards', () => {
    const open = ['01:30:01', '01:39:00', '01:39:59'].map((time) => window('*/30 * * * *', '10m').contains(at(time)));
    expect(open).toEqual([true, true, true]);
    expect(window('*/30 * * * *', '10m').contains(at('01:45:34'))).toBe(false);
  });

  it('a template gets the number, in the first place only', () => {
    expect(filenameOf('iwa-ait-v${version}.tar.gz', 161)).toBe('iwa-ait-v161.tar.gz');
    expect(filenameOf('a-${version}.gz${version}', 1)).toBe('a-1.gz${version}');
  });

  it('30 times 50G are 1500 GiB', () => {
    expect(30 * (parseSize('50G') ?? 0)).toBe(1500 * 1024 ** 3);
  });
});

describe('its tests of the configuration', () => {
  const settings = (provider: string) =>
    repositorySettings({ BR_JWT_SECRET_KEY: 'k', BR_STORAGE_DRIVER_URL: 'file:///tmp' }, ['--provider', provider]);

  it('knows the provider of files, and no unknown one', () => {
    expect(settings('filesystem').provider).toBe('filesystem');
    expect(() => settings('unknown')).toThrow("Invalid configuration provider name 'unknown'");
  });

  it('is healthy on a folder that is there, and not on a missing one', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'backstay-upstream-'));
    await expect(createFilesystemProvider(folder, 'ns').check()).rejects.toThrow('cannot be read');
    await mkdir(path.join(folder, 'ns', 'backups.riotkit.org', 'v1alpha1'), { recursive: true });
    await createFilesystemProvider(folder, 'ns').check();
    await rm(folder, { recursive: true });
  });
});

describe('its tests of security', () => {
  const actor = (roles: string[], more: object = {}) => ({
    user: {
      ...{ name: 'shop', email: '', roles, password: '', passwordFromRef: undefined, accessKeys: [] },
      ...{ deactivated: false, restrictByIP: [] },
    },
    ...{ accessKey: undefined, scope: undefined, sessionId: 's' },
    ...more,
  });
  const bare = { name: 'iwa-ait', accessControl: [] };
  const may = (roles: string[], action: 'file.download' | 'file.upload' | 'file.upload-anytime', more: object = {}) =>
    mayActOnCollection(actor(roles, more), bare, action);

  it('hashes passwords and finds them again', async () => {
    expect(await createPasswordVerifier().verify('riotkit', await encodePassword('riotkit'))).toBe(true);
    expect(await createPasswordVerifier().verify('admin', adminHash)).toBe(true);
    expect(await createPasswordVerifier().verify('Admin', adminHash)).toBe(false);
  });

  it('expands roles', () => {
    const download = (role: string) => may([role], 'file.download');
    expect(['systemAdmin', 'collectionManager', 'backupDownloader'].map(download)).toEqual([true, true, true]);
    expect(download('backupUploader')).toBe(false);
    expect(
      (['file.download', 'file.upload', 'file.upload-anytime'] as const).map((one) => may(['systemAdmin'], one)),
    ).toEqual([true, true, true]);
  });

  it('a scope limited to downloads denies uploads, even to an administrator in the access control', () => {
    const elements = [{ type: 'collection', name: 'iwa-ait', roles: ['backupDownloader'] }];
    const listed = { ...bare, accessControl: [{ name: 'shop', type: 'user', roles: ['collectionManager'] }] };
    const scoped = actor(['systemAdmin'], { scope: { elements } });
    expect(mayActOnCollection(scoped, listed, 'file.upload')).toBe(false);
    expect(mayActOnCollection(scoped, listed, 'file.download')).toBe(true);
    const keyed = actor(['systemAdmin'], { accessKey: { name: 'k', objects: elements } });
    expect(mayActOnCollection(keyed, listed, 'file.upload')).toBe(false);
    expect(mayActOnCollection(keyed, listed, 'file.download')).toBe(true);
  });

  it('a manager by access control only may do everything with the collection', () => {
    const listed = { ...bare, accessControl: [{ name: 'shop', type: 'user', roles: ['collectionManager'] }] };
    const actions = ['file.upload', 'file.upload-anytime', 'file.download'] as const;
    expect(actions.map((action) => mayActOnCollection(actor([]), listed, action))).toEqual([true, true, true]);
  });

  it('splits a login at its last dollar', () => {
    expect(parseLogin('hello$161')).toEqual({ user: 'hello', accessKey: '161' });
    expect(parseLogin('a$b$c')).toEqual({ user: 'a$b', accessKey: 'c' });
    expect(parseLogin('hello')).toEqual({ user: 'hello', accessKey: '' });
  });
});

describe('its tests of the storage', () => {
  const now = new Date('2026-11-22T12:00:00Z');
  const longAgo = new Date('2026-01-01T00:00:00Z');

  it('rotates the oldest of five versions', () => {
    const live = [1, 2, 3, 4, 5].map((versionNumber) => ({ versionNumber, createdAt: longAgo }));
    const gone = [1, 2, 3, 4, 5].map((max) =>
      versionsToRotate(live, fifoPolicy(max), { now, incoming: 1 }).map(({ versionNumber }) => versionNumber),
    );
    expect(gone).toEqual([[1, 2, 3, 4, 5], [1, 2, 3, 4], [1, 2, 3], [1, 2], [1]]);
  });

  it('finds the header first and the footer last', () => {
    const verdict = (...chunks: string[]): string | undefined => {
      const inspector = new OpenPgpInspector();
      for (const chunk of chunks) {
        inspector.push(Buffer.from(chunk));
      }
      return inspector.verdict();
    };
    expect(verdict('-----BEGIN PGP MESSAGE-----', 'x', '-----END PGP MESSAGE-----')).toBeUndefined();
    expect(verdict('x', 'y')).toBe(missingHeader);
    expect(verdict('-----BEGIN PGP MESSAGE-----', 'x')).toBe(missingFooter);
    expect(verdict()).toBe(missingHeader);
  });

  it('lets a first file use the extra space, and the next ones what is left', () => {
    const limits = { maxVersions: 2, maxVersionBytes: 1024, maxTotalBytes: 4096 };
    expect(allowedUploadBytes(limits, [], { now })).toBe(3072);
    expect(allowedUploadBytes(limits, [{ versionNumber: 1, bytes: 3072, createdAt: longAgo }], { now })).toBe(1024);
    const two = [
      { versionNumber: 1, bytes: 3072, createdAt: longAgo },
      { versionNumber: 2, bytes: 1024, createdAt: longAgo },
    ];
    expect(allowedUploadBytes(limits, two, { now })).toBe(3072);
  });
});
