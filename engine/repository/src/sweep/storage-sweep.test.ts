import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { BlobStore } from '../blobs/blob-store.ts';
import { openFilesystemBlobs } from '../blobs/filesystem-blob-store.ts';
import { type MetadataStore, openSqliteMetadata } from '../metadata/metadata-store.ts';
import { StorageSweep } from './storage-sweep.ts';

const day = 86_400_000;
let home: string;
let metadata: MetadataStore;
let blobs: BlobStore;
let now: Date;
beforeEach(async () => {
  now = new Date('2026-11-23T12:00:00Z');
  home = await mkdtemp(path.join(tmpdir(), 'backstay-sweep-'));
  blobs = await openFilesystemBlobs(path.join(home, 'blobs'));
  metadata = await openSqliteMetadata(path.join(home, 'repository.db'));
});
afterEach(async () => {
  await metadata.close();
  await rm(home, { recursive: true, force: true });
});

const createSweep = (over: { blobs?: BlobStore; removes?: boolean } = {}): StorageSweep =>
  new StorageSweep({
    metadata,
    blobs: over.blobs ?? blobs,
    clock: { now: () => now },
    logger: pino({ level: 'silent' }),
    grace: day,
    removes: over.removes ?? true,
    isDefined: async (collection) => collection === 'shop',
  });
const plant = async (key: string, age: number): Promise<void> => {
  const file = path.join(home, 'blobs', key);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, 'bytes');
  const at = new Date(now.getTime() - age);
  await utimes(file, at, at);
};
const files = async (): Promise<string[]> => (await readdir(path.join(home, 'blobs', 'shop'))).sort();
const begin = async () => {
  const limits = { maxVersions: 3, maxVersionBytes: 100, maxTotalBytes: 300 };
  const ids = { id: randomUUID(), collectionId: 'shop', key: undefined, sessionId: 's', uploader: 'u' };
  const leaseUntil = new Date(now.getTime() + 1000 * day);
  return (await metadata.uploads.open({ ...ids, limits, wantedBytes: 5, now, leaseUntil }))?.upload.id ?? '';
};
const decide = (id: string, name: string) =>
  metadata.uploads.decide(id, { bytes: 5, sha256: 'ab', filename: () => name, now });

it('never removes what somebody may still be writing', async () => {
  await plant('shop/decided.gz', 3 * day);
  await decide(await begin(), 'decided.gz');
  await plant('shop/old.gz', 3 * day);
  await createSweep().run();
  now = new Date(now.getTime() + 5 * day);
  await plant('shop/younger-than-the-writer.gz', 4 * day);
  expect(await createSweep().run()).toMatchObject({ orphans: 1, removed: 1 });
  expect(await files()).toEqual(['decided.gz', 'younger-than-the-writer.gz']);
});

it('removes an orphan seen twice, but not one that got its row in between', async () => {
  await plant('shop/stray.gz', 3 * day);
  await plant('shop/late.gz', 3 * day);
  expect(await createSweep().run()).toMatchObject({ orphans: 2, removed: 0 });
  now = new Date(now.getTime() + 2 * day);
  const waiting = await decide(await begin(), 'late.gz');
  if (waiting !== undefined) {
    await metadata.uploads.complete(waiting, now);
  }
  now = new Date(now.getTime() + 2 * day);
  expect(await createSweep().run()).toMatchObject({ removed: 1, missing: 0 });
  expect(await files()).toEqual(['late.gz']);
  expect((await metadata.audit.page({ action: 'orphan.remove' }, { limit: 9 })).map(({ target }) => target)).toEqual([
    'shop/stray.gz',
  ]);
});

it('only reports unless it is told to remove', async () => {
  await plant('shop/stray.gz', 3 * day);
  await createSweep({ removes: false }).run();
  now = new Date(now.getTime() + 9 * day);
  expect(await createSweep({ removes: false }).run()).toMatchObject({ orphans: 1, removed: 0 });
  expect(await metadata.maintenance.countOrphans('shop')).toEqual({ count: 1, bytes: 5 });
});

it('runs in one place at a time, and changes nothing when the listing breaks', async () => {
  const decided = await decide(await begin(), 'lost.gz');
  if (decided !== undefined) {
    await metadata.uploads.complete(decided, now);
  }
  now = new Date(now.getTime() + day);
  const broken: BlobStore = Object.assign(Object.create(blobs), {
    list: async function* () {
      yield { key: 'shop/x.gz', bytes: 1, modifiedAt: now };
      throw new Error('the listing broke');
    },
  });
  await expect(createSweep({ blobs: broken }).run()).rejects.toThrow('the listing broke');
  expect((await metadata.versions.list('shop'))[0]?.bad).toBe(false);
  await metadata.locks.acquire('maintenance:sweep', 'another server', { now, until: new Date(now.getTime() + 1) });
  expect(await createSweep().run()).toBeUndefined();
  now = new Date(now.getTime() + 1);
  await createSweep().run();
  expect((await metadata.versions.list('shop'))[0]?.verification?.result).toBe('missing');
});

it('compares many versions with flat memory', async () => {
  const count = 20_000;
  const inOne = 100;
  await metadata.close();
  const database = new DatabaseSync(path.join(home, 'repository.db'));
  database.exec('begin');
  const insert = database.prepare(`insert into uploaded_versions
    (id, collection_id, version_number, filename, filesize, created_at, updated_at) values (?, ?, ?, ?, 5, ?, ?)`);
  const at = new Date(now.getTime() - day).toISOString();
  for (let index = 0; index < count; index += 1) {
    insert.run(`id-${index}`, `c-${Math.floor(index / inOne)}`, index, `${index}.gz`, at, at);
  }
  database.exec('commit');
  database.close();
  metadata = await openSqliteMetadata(path.join(home, 'repository.db'));
  const lost = new Set([7, 8888]);
  let peak = 0;
  const listed: BlobStore = Object.assign(Object.create(blobs), {
    list: async function* () {
      for (let index = 0; index < count; index += 1) {
        peak = Math.max(peak, process.memoryUsage().heapUsed);
        if (!lost.has(index)) {
          yield { key: `c-${Math.floor(index / inOne)}/${index}.gz`, bytes: 5, modifiedAt: now };
        }
      }
    },
    size: async () => undefined,
  });
  const before = process.memoryUsage().heapUsed;
  expect(await createSweep({ blobs: listed }).run()).toMatchObject({ objects: count - 2, orphans: 0, missing: 2 });
  expect(peak - before).toBeLessThan(64 * 1024 * 1024);
  expect((await metadata.marks.findById('id-8888'))?.bad).toBe(true);
});
