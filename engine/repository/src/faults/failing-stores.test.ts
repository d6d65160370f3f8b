import { readdir, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DiskFullError } from '@backstay/sqlite';
import { afterEach, expect, it } from 'vitest';
import { type BlobStore, StorageError } from '../blobs/blob-store.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import { call } from '../testing/api.ts';
import { collectionSpec, createShop, type Harness } from '../testing/harness.ts';
import { armoured, sha256 } from '../testing/messages.ts';
import { eventually } from '../testing/raw-client.ts';

/** Names of methods that fail at present, such as `blobs.publish`. */
const broken = new Set<string>();
const away = (): Error => new Error('the database is away');
const diskFull = (): Error => new DiskFullError(undefined);
/** How methods of the database fail. */
let databaseFault = away;
const fault = (name: string): Error =>
  name.startsWith('blobs') ? new StorageError('full', 'no space left on the storage') : databaseFault();

const breakable = <T extends object>(object: T, name: string): T =>
  new Proxy(object, {
    get: (subject, property) => {
      const member: unknown = Reflect.get(subject, property);
      if (typeof member !== 'function') {
        return member;
      }
      return (...args: unknown[]) => {
        const method = `${name}.${String(property)}`;
        return broken.has(method) ? Promise.reject(fault(method)) : Reflect.apply(member, subject, args);
      };
    },
  });

let shop: Harness;
afterEach(async () => {
  broken.clear();
  databaseFault = away;
  await shop.stop();
});
const create = async (): Promise<string> => {
  shop = await createShop(
    {},
    {
      wrap: ({ blobs, metadata }: { blobs: BlobStore; metadata: MetadataStore }) => ({
        blobs: breakable(blobs, 'blobs'),
        metadata: {
          ...metadata,
          uploads: breakable(metadata.uploads, 'uploads'),
          versions: breakable(metadata.versions, 'versions'),
          marks: breakable(metadata.marks, 'marks'),
          sessions: breakable(metadata.sessions, 'sessions'),
          audit: breakable(metadata.audit, 'audit'),
          locks: breakable(metadata.locks, 'locks'),
        },
      }),
    },
  );
  return await shop.login('admin');
};

const base = '/api/stable/repository/collection/shop-db';
const plain = (token: string, body = armoured()) => call(shop, `POST ${base}/version`, { token, body });
const numbers = async (token: string): Promise<number[]> =>
  (await call(shop, `GET ${base}/version`, { token })).body.data.versions.map(
    (version: { versionNumber: number }) => version.versionNumber,
  );
const leftovers = async (): Promise<string[]> => readdir(path.join(shop.home, 'blobs', '.staging')).catch(() => []);

it.each(['blobs.stage', 'blobs.publish'])('a full disk at %s is 507, leaves nothing, and passes', async (method) => {
  const token = await create();
  await plain(token);
  broken.add(method);
  const full = await plain(token);
  expect([full.status, full.body.error]).toEqual([
    507,
    expect.stringMatching(/^cannot upload version\. .*no space left/),
  ]);
  expect([await numbers(token), await leftovers()]).toEqual([[1], []]);
  broken.clear();
  expect((await plain(token)).status).toBe(200);
});

it('a full disk ends an upload of the protocol as aborted', async () => {
  const token = await create();
  const opened = await call(shop, `POST ${base}/uploads`, { token, json: { key: 'a-key-on-a-full-disk' } });
  const { id } = opened.body.data.upload;
  broken.add('blobs.stage');
  const sent = await call(shop, `PATCH ${base}/uploads/${id}`, {
    token,
    headers: { 'upload-offset': '0' },
    body: armoured(),
  });
  expect(sent.status).toBe(507);
  const { upload } = (await call(shop, `GET ${base}/uploads/${id}`, { token })).body.data;
  expect(upload).toMatchObject({ state: 'aborted', reason: 'no space left on the storage' });
  const { usage } = (await call(shop, `GET ${base}/usage`, { token })).body.data;
  expect(usage.reservedBytes).toBe(0);
});

it('a full disk of the database is 507, and the room of the upload is free once the database has some', async () => {
  const token = await create();
  const opened = await call(shop, `POST ${base}/uploads`, { token, json: { key: 'a-key-on-a-full-disk' } });
  const one = `${base}/uploads/${opened.body.data.upload.id}`;
  const append = () => call(shop, `PATCH ${one}`, { token, headers: { 'upload-offset': '0' }, body: armoured() });
  databaseFault = diskFull;
  broken.add('uploads.abort').add('locks.release').add('sessions.find');
  expect((await append()).status).toBe(507);
  broken.delete('sessions.find');
  broken.add('blobs.stage');
  expect((await append()).status).toBe(507);
  expect(await leftovers()).toEqual([]);
  expect(await append()).toMatchObject({ status: 409, body: { error: expect.stringContaining('no space left') } });
  const usage = async () => (await call(shop, `GET ${base}/usage`, { token })).body.data.usage;
  expect((await usage()).reservedBytes).toBeGreaterThan(0);
  broken.clear();
  await eventually(async () => (await usage()).reservedBytes === 0);
});

it('a full disk of the database does not take a decided version back', async () => {
  const token = await create();
  const message = armoured(500);
  const opened = await call(shop, `POST ${base}/uploads`, { token, json: { key: 'a-key-that-is-decided' } });
  const one = `${base}/uploads/${opened.body.data.upload.id}`;
  await call(shop, `PATCH ${one}`, { token, headers: { 'upload-offset': '0' }, body: message });
  const json = { sha256: sha256(message), size: message.length };
  databaseFault = diskFull;
  broken.add('uploads.complete');
  expect((await call(shop, `POST ${one}/finalise`, { token, json })).status).toBe(503);
  expect((await call(shop, `DELETE ${one}`, { token })).status).toBe(409);
  broken.clear();
  expect((await call(shop, `POST ${one}/finalise`, { token, json })).body.data.version.versionNumber).toBe(1);
});

it.each(['uploads.open', 'uploads.decide', 'uploads.complete'])(
  'a database that fails at %s loses no good version',
  async (method) => {
    const token = await create();
    for (let round = 0; round < 3; round += 1) {
      await plain(token);
    }
    broken.add(method);
    expect((await plain(token)).status).toBe(500);
    broken.clear();
    expect(await numbers(token)).toEqual([1, 2, 3]);
    await shop.restart();
    expect(await numbers(token)).toEqual(expect.arrayContaining([1, 2, 3]));
    expect(await leftovers()).toEqual([]);
  },
);

it('an unknown outcome is settled by asking again with the same key', async () => {
  const token = await create();
  const message = armoured(500);
  const opened = await call(shop, `POST ${base}/uploads`, { token, json: { key: 'a-key-without-answer' } });
  const { id } = opened.body.data.upload;
  await call(shop, `PATCH ${base}/uploads/${id}`, { token, headers: { 'upload-offset': '0' }, body: message });
  const json = { sha256: sha256(message), size: message.length };
  broken.add('uploads.complete');
  expect((await call(shop, `POST ${base}/uploads/${id}/finalise`, { token, json })).status).toBe(500);
  broken.clear();
  const open = await call(shop, `GET ${base}/uploads/a-key-without-answer`, { token });
  expect(open.body.data.upload.state).toBe('open');
  expect(
    (await call(shop, `POST ${base}/uploads/${id}/finalise`, { token, json })).body.data.version.versionNumber,
  ).toBe(1);
  expect(await numbers(token)).toEqual([1]);
});

it.each(['marks.retire', 'blobs.delete', 'versions.markRemoved', 'audit.append'])(
  'a rotation that fails at %s keeps the newest and goes on later',
  async (method) => {
    const token = await create();
    for (let round = 0; round < 3; round += 1) {
      await plain(token);
    }
    broken.add(method);
    const answer = await plain(token);
    expect(answer.status).toBe(200);
    expect((await numbers(token)).slice(-3)).toEqual([2, 3, 4]);
    broken.clear();
    await plain(token);
    expect(await numbers(token)).toEqual([3, 4, 5]);
    await shop.restart();
    await eventually(async () => (await readdir(path.join(shop.home, 'blobs', 'shop-db'))).length === 3);
  },
);

it('nothing is rotated while the newest version is not stored', async () => {
  const token = await create();
  await plain(token);
  await plain(token);
  const message = armoured(500);
  const opened = await call(shop, `POST ${base}/uploads`, { token, json: { key: 'a-key-of-the-newest-one' } });
  const one = `${base}/uploads/${opened.body.data.upload.id}`;
  await call(shop, `PATCH ${one}`, { token, headers: { 'upload-offset': '0' }, body: message });
  const json = { sha256: sha256(message), size: message.length };
  await call(shop, `POST ${one}/finalise`, { token, json });
  await shop.put('BackupCollection', 'shop-db', { ...collectionSpec, maxBackupsCount: 1 });
  const newest = path.join(shop.home, 'blobs', 'shop-db', 'shop-db-3.tar.gz');
  await truncate(newest, 10);
  expect((await call(shop, `POST ${one}/finalise`, { token, json })).status).toBe(200);
  expect(await numbers(token)).toEqual([1, 2, 3]);
  await writeFile(newest, message);
  await call(shop, `POST ${one}/finalise`, { token, json });
  expect(await numbers(token)).toEqual([3]);
});

it('a database that is away refuses sessions instead of trusting them', async () => {
  const token = await create();
  broken.add('sessions.find');
  const answer = await call(shop, 'GET /api/stable/auth/whoami', { token });
  expect([answer.status, answer.body.message]).toEqual([403, "you don't have permission to access this resource"]);
  broken.add('sessions.record');
  const login = await call(shop, 'POST /api/stable/auth/login', { json: { username: 'admin', password: 'secret' } });
  expect(login.status).toBe(500);
});

it('a database that is away for a moment does not end an upload of the protocol', async () => {
  const token = await create();
  const message = armoured();
  const opened = await call(shop, `POST ${base}/uploads`, { token, json: { key: 'a-key-that-goes-on' } });
  const one = `${base}/uploads/${opened.body.data.upload.id}`;
  const append = () => call(shop, `PATCH ${one}`, { token, headers: { 'upload-offset': '0' }, body: message });
  broken.add('sessions.find');
  expect((await append()).status).toBe(500);
  broken.clear();
  expect((await append()).status).toBe(200);
  const json = { sha256: sha256(message), size: message.length };
  expect((await call(shop, `POST ${one}/finalise`, { token, json })).status).toBe(200);
});

it('a lock that cannot be released does not make a stored version look failed', async () => {
  const token = await create();
  broken.add('locks.release');
  expect((await plain(token)).status).toBe(200);
  expect(await numbers(token)).toEqual([1]);
});
