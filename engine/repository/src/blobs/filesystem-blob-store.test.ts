import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { BlobStore } from './blob-store.ts';
import { blobStoreConformance } from './blob-store-conformance.ts';
import { openFilesystemBlobs } from './filesystem-blob-store.ts';

const folders: string[] = [];
const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'backstay-blobs-'));
  folders.push(folder);
  return folder;
};
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

blobStoreConformance('the filesystem', async () => openFilesystemBlobs(path.join(await newFolder(), 'new')));

const staging = '00000000-0000-4000-8000-000000000001';
const publish = async (store: BlobStore): Promise<void> => {
  const writer = await store.stage(staging);
  await writer.write(Buffer.from('hello'));
  await writer.close();
  await store.publish(staging, 'shop/a-1.gz');
};

it('is readable for its owner only, and removes what the old server kept beside', async () => {
  const folder = await newFolder();
  const store = await openFilesystemBlobs(folder);
  await publish(store);
  const file = path.join(folder, 'shop', 'a-1.gz');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await writeFile(`${file}.attrs`, '{}');
  await store.delete('shop/a-1.gz');
  expect(await readdir(path.dirname(file))).toEqual([]);
});

it('finds files where the old server put them', async () => {
  const folder = await newFolder();
  const store = await openFilesystemBlobs(folder);
  const files: [key: string, file: string][] = [
    ['shop/night/db-1.gz', 'shop/night/db-1.gz'],
    ['shop/a "b" ä-1.gz', 'shop/a "b" ä-1.gz'],
    ['shop/../../etc/passwd-1', 'shop/..__0x2f__..__0x2f__etc/passwd-1'],
    ['shop/x//y-1', 'shop/x/__0x2f__y-1'],
    ['shop/tab\there-1', 'shop/tab__0x9__here-1'],
    ['shop/end-1/', 'shop/end-1__0x2f__'],
  ];
  for (const [key, file] of files) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), key);
    const content = await store.open(key);
    expect(await content?.stream().toArray(), key).toEqual([Buffer.from(key)]);
    expect(await store.size(key)).toBe(Buffer.byteLength(key));
    await store.delete(key);
    await expect(stat(path.join(folder, file))).rejects.toThrow('ENOENT');
  }
});

it('refuses uploads when there is too little room, and goes on when there is more', async () => {
  const folder = await newFolder();
  const greedy = await openFilesystemBlobs(folder, { minFreeBytes: Number.MAX_SAFE_INTEGER });
  await expect(greedy.stage(staging)).rejects.toMatchObject({ failure: 'full' });
  await publish(await openFilesystemBlobs(folder));
});

it('names no path in its errors', async () => {
  const folder = await newFolder();
  const store = await openFilesystemBlobs(folder);
  await mkdir(path.join(folder, 'shop', 'a-1.gz'), { recursive: true });
  const error = await publish(store).catch((caught: Error) => caught);
  expect(String(error)).not.toContain(folder);
  await chmod(folder, 0o700);
});

const canMount = (): boolean => {
  try {
    execFileSync('mount', ['--version'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
};

it.skipIf(!canMount())('tells a full disk from other failures (needs root and mount)', async (context) => {
  const folder = await newFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    context.skip('mount is not permitted here');
  }
  try {
    const store = await openFilesystemBlobs(folder, { minFreeBytes: 0 });
    const writer = await store.stage(staging);
    const fill = async (): Promise<void> => {
      for (let round = 0; round < 64; round += 1) {
        await writer.write(Buffer.alloc(100_000));
      }
      await writer.close();
    };
    await expect(fill()).rejects.toMatchObject({ failure: 'full' });
    await writer.close().catch(() => undefined);
    await store.discardStaged(staging);
    await publish(store);
    expect(await store.size('shop/a-1.gz')).toBe(5);
  } finally {
    execFileSync('umount', [folder]);
  }
});

it('never publishes bytes whose sync failed, also when a second sync would succeed', async () => {
  const failures = ['EIO'];
  const sync = async (): Promise<void> => {
    const code = failures.pop();
    if (code !== undefined) {
      throw Object.assign(new Error('injected'), { code });
    }
  };
  const store = await openFilesystemBlobs(await newFolder(), { sync });
  const writer = await store.stage(staging);
  await writer.write(Buffer.from('hello'));
  await expect(writer.close()).rejects.toMatchObject({ failure: 'failed', message: expect.stringContaining('output') });
  await expect(store.publish(staging, 'shop/a-1.gz')).rejects.toMatchObject({ failure: 'failed' });
  expect(await store.size('shop/a-1.gz')).toBeUndefined();
  await store.discardStaged(staging);
  await publish(store);
  expect(await store.size('shop/a-1.gz')).toBe(5);
});

it.each(['ENOSPC', 'EDQUOT'])('%s at the sync is a full storage', async (code) => {
  const sync = () => Promise.reject(Object.assign(new Error('injected'), { code }));
  const store = await openFilesystemBlobs(await newFolder(), { sync });
  await expect(publish(store)).rejects.toMatchObject({ failure: 'full' });
});
