import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type BlobStore, StorageError } from '../blobs/blob-store.ts';
import { openFilesystemBlobs } from '../blobs/filesystem-blob-store.ts';
import { type MetadataStore, openSqliteMetadata } from '../metadata/metadata-store.ts';
import type { Version } from '../metadata/versions.ts';
import { sha256 } from '../testing/messages.ts';
import { createReadPace } from './read-pace.ts';
import { VerificationJob } from './verification-job.ts';
import { Verifier } from './verifier.ts';

const day = 86_400_000;
const period = 30 * day;
let home: string;
let metadata: MetadataStore;
let blobs: BlobStore;
let now: Date;
const clock = { now: () => now };
const logger = pino({ level: 'silent' });
beforeEach(async () => {
  now = new Date('2026-11-23T12:00:00Z');
  home = await mkdtemp(path.join(tmpdir(), 'backstay-verification-'));
  metadata = await openSqliteMetadata(path.join(home, 'repository.db'));
  blobs = await openFilesystemBlobs(path.join(home, 'blobs'));
});
afterEach(async () => {
  await metadata.close();
  await rm(home, { recursive: true, force: true });
});

const store = async (text: string): Promise<Version> => {
  const bytes = Buffer.from(text);
  const limits = { maxVersions: 1000, maxVersionBytes: 1000, maxTotalBytes: 1_000_000 };
  const id = randomUUID();
  const base = { collectionId: 'shop', key: undefined, sessionId: 's', uploader: 'u', limits };
  await metadata.uploads.open({ ...base, id, wantedBytes: bytes.length, now, leaseUntil: now });
  const writer = await blobs.stage(id);
  await writer.write(bytes);
  await writer.close();
  const filename = (number: number) => `shop-${number}.gz`;
  const decided = await metadata.uploads.decide(id, { bytes: bytes.length, sha256: sha256(bytes), filename, now });
  if (decided?.decision === undefined) {
    throw new Error('It does not fit');
  }
  await blobs.publish(id, `shop/${decided.decision.filename}`);
  const version = await metadata.uploads.complete(decided, now);
  await blobs.discardStaged(id);
  return version;
};
const read: string[] = [];
const createJob = (over: Partial<BlobStore> = {}, pace = createReadPace(1e9)) => {
  read.length = 0;
  const watched = new Proxy(blobs, {
    get: (subject, property) => {
      const member: unknown = Reflect.get(over, property) ?? Reflect.get(subject, property);
      return typeof member !== 'function'
        ? member
        : (...args: unknown[]) => {
            if (property === 'open') {
              read.push(String(args[0]));
            }
            return Reflect.apply(member, subject, args);
          };
    },
  });
  const verifier = new Verifier({ metadata, blobs: watched, clock, logger, pace });
  return new VerificationJob({ metadata, verifier, clock, logger, period });
};
const states = async (): Promise<(string | undefined)[]> =>
  (await metadata.versions.list('shop')).map((version) => version.verification?.result);

it('reads everything once in a period, the longest unread first, and nothing twice', async () => {
  for (const text of ['one', 'two', 'three']) {
    await store(text);
    now = new Date(now.getTime() + day);
  }
  const job = createJob();
  await job.run();
  expect(read).toEqual([]);
  now = new Date(now.getTime() + 0.8 * period - 1.5 * day);
  await job.run();
  expect(read).toEqual(['shop/shop-1.gz', 'shop/shop-2.gz']);
  expect(await states()).toEqual(['good', 'good', undefined]);
  const another = createJob();
  await another.run();
  expect(read).toEqual([]);
});

it('covers 100 % of the bytes in every period of a simulated quarter', async () => {
  const versions = await Promise.all(Array.from({ length: 40 }, (_, index) => store(`content ${index}`)));
  const job = createJob();
  for (let step = 0; step < 90; step += 1) {
    now = new Date(now.getTime() + day);
    await job.run();
    const live = await metadata.versions.list('shop');
    expect(live.filter((version) => job.isLate(version))).toEqual([]);
  }
  expect(read.length).toBeGreaterThanOrEqual(3 * versions.length);
});

it('calls nothing late that was stored long before verification began', async () => {
  const version = await store('one');
  now = new Date(now.getTime() + 20 * period);
  const job = createJob();
  await job.begin();
  expect(job.isLate(version)).toBe(false);
  now = new Date(now.getTime() + period + 1);
  const afterRestart = createJob();
  await afterRestart.begin();
  expect([job.isLate(version), afterRestart.isLate(version)]).toEqual([true, true]);
});

it('runs in one place at a time', async () => {
  await store('one');
  now = new Date(now.getTime() + period);
  await metadata.locks.acquire('maintenance:verification', 'another server', {
    now,
    until: new Date(now.getTime() + 1),
  });
  const job = createJob();
  await job.run();
  expect(read).toEqual([]);
  now = new Date(now.getTime() + 1);
  await Promise.all([job.run(), job.run()]);
  expect(read).toEqual(['shop/shop-1.gz']);
});

it('reads a wrong result twice, and believes neither a glitch nor a storage that fails', async () => {
  const version = await store('one');
  let glitches = 1;
  const glitching = createJob({
    open: async (key) => (glitches-- > 0 ? undefined : await blobs.open(key)),
  });
  expect(await glitching.request(version)).toMatchObject({ result: 'good' });
  const failing = createJob({
    open: async () => {
      throw new StorageError('failed', 'the storage failed');
    },
  });
  await expect(failing.request(version)).rejects.toThrow('the storage failed');
  now = new Date(now.getTime() + period);
  await failing.run();
  expect(await states()).toEqual(['good']);
});

it('goes on after a version that cannot be read, and stops where everything seems to be missing', async () => {
  for (let index = 0; index < 15; index += 1) {
    await store(`content ${index}`);
  }
  now = new Date(now.getTime() + period);
  const first = createJob({
    open: async (key) => {
      if (key === 'shop/shop-1.gz') {
        throw new StorageError('failed', 'the storage failed');
      }
      return await blobs.open(key);
    },
  });
  await first.run();
  expect(await states()).toEqual([undefined, ...Array(14).fill('good')]);
  now = new Date(now.getTime() + 2 * period);
  const empty = createJob({ open: async () => undefined });
  await empty.run();
  expect((await states()).filter((state) => state === 'missing')).toHaveLength(10);
});

it('finds every flipped bit', async () => {
  const version = await store('some bytes that matter');
  const file = path.join(home, 'blobs', 'shop', 'shop-1.gz');
  const bytes = await readFile(file);
  const job = createJob();
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    await writeFile(file, flipped);
    expect((await job.request(version))?.result).toBe('damaged');
  }
  await writeFile(file, bytes);
  expect((await job.request(version))?.result).toBe('good');
});

it('takes a digest as baseline where there is none, and compares with it from then on', async () => {
  const version = await store('one');
  await metadata.close();
  const database = new DatabaseSync(path.join(home, 'repository.db'));
  database.exec('update uploaded_versions set sha256 = null');
  database.close();
  metadata = await openSqliteMetadata(path.join(home, 'repository.db'));
  const [old] = await metadata.versions.list('shop');
  const job = createJob();
  expect(await job.request(old ?? version)).toMatchObject({
    result: 'good',
    detail: expect.stringMatching(/without a digest/),
  });
  const [based] = await metadata.versions.list('shop');
  expect(based).toMatchObject({ baseline: true, sha256: sha256(Buffer.from('one')) });
  await writeFile(path.join(home, 'blobs', 'shop', 'shop-1.gz'), 'eno');
  expect(await job.request(based ?? version)).toMatchObject({ result: 'damaged' });
});

it('asks once for what is asked for twice, takes only so many, and ends with the server', async () => {
  const versions = await Promise.all(Array.from({ length: 20 }, (_, index) => store(`content ${index}`)));
  const job = createJob({}, createReadPace(1));
  const asked = versions.map((version) => job.request(version));
  const [first] = versions;
  expect(first && job.request(first)).toBe(asked[0]);
  expect(asked.filter((work) => work === undefined)).toHaveLength(4);
  const settled = Promise.allSettled(asked.map(async (work) => await work));
  await job.stop();
  expect((await settled).slice(0, 16).every(({ status }) => status === 'rejected')).toBe(true);
  expect(await states()).toEqual(Array(20).fill(undefined));
});

it('keeps to its pace, over everything that reads at once', async () => {
  let at = 0;
  const wait = async (milliseconds: number | undefined) => {
    at += milliseconds ?? 0;
    return undefined as never;
  };
  const pace = createReadPace(1000, { now: () => at, wait: wait as never });
  const { signal } = new AbortController();
  for (let index = 0; index < 100; index += 1) {
    await pace.spend(100, signal);
  }
  expect(at).toBeGreaterThanOrEqual(10_000 - 250);
  expect(at).toBeLessThanOrEqual(10_000);
});
