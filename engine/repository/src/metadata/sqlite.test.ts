import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, it } from 'vitest';
import { marksConformance } from './marks-conformance.ts';
import { metadataConformance } from './metadata-conformance.ts';
import { openSqliteMetadata } from './metadata-store.ts';

const home = await mkdtemp(path.join(tmpdir(), 'backstay-sqlite-'));
afterAll(() => rm(home, { recursive: true, force: true }));

metadataConformance('SQLite', () => openSqliteMetadata(path.join(home, 'conformance.db')));
marksConformance('SQLite', () => openSqliteMetadata(path.join(home, 'marks.db')));

it('belongs to one opener at a time', async () => {
  const file = path.join(home, 'exclusive.db');
  const first = await openSqliteMetadata(file);
  await expect(openSqliteMetadata(file)).rejects.toThrow(/in use by another process/);
  await first.close();
  const second = await openSqliteMetadata(file);
  await second.check();
  await second.close();
});

it('takes over the tables of the old server as they are', async () => {
  const file = path.join(home, 'old.db');
  const old = new DatabaseSync(file);
  old.exec(`create table uploaded_versions (id text primary key not null, collection_id text, version_number bigint,
      filename text, filesize bigint, uploaded_by_session_id text, uploader text, created_at timestamptz,
      updated_at timestamptz, deleted_at timestamptz);
    insert into uploaded_versions values ('a', 'shop', 4, 'shop-4.gz', 7, 's', 'admin', '2021-05-01T16:05:00.123456Z',
      '2021-05-01T16:05:00.123456Z', null);
    insert into uploaded_versions values ('b', 'shop', 9, 'shop-9.gz', 7, 's', 'admin', '2021-05-02T16:05:00Z',
      '2021-05-02T16:05:00Z', '2021-05-03T16:05:00Z');`);
  old.close();
  const store = await openSqliteMetadata(file);
  const versions = await store.versions.list('shop');
  expect(versions).toMatchObject([{ versionNumber: 4, bytes: 7, uploader: 'admin', sha256: undefined }]);
  expect(versions[0]?.createdAt).toEqual(new Date('2021-05-01T16:05:00.123Z'));
  expect(await store.versions.toRemove(10)).toEqual([]);
  const limits = { maxVersions: 3, maxVersionBytes: 10, maxTotalBytes: 30 };
  const now = new Date();
  const opened = await store.uploads.open({
    id: crypto.randomUUID(),
    collectionId: 'shop',
    key: undefined,
    sessionId: 's',
    uploader: 'admin',
    limits,
    wantedBytes: undefined,
    now,
    leaseUntil: now,
  });
  const commit = { bytes: 1, sha256: 'ab', filename: (number: number) => `shop-${number}.gz`, now };
  const decided = await store.uploads.decide(opened?.upload.id ?? '', commit);
  expect(decided?.decision?.versionNumber).toBe(10);
  await store.close();
});
