import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { BlobContent, BlobStore, StorageFailure } from './blob-store.ts';

const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

const readAll = async (store: BlobStore, key: string, range?: { start: number; end: number }): Promise<string> => {
  const content = await store.open(key);
  const parts: Uint8Array[] = [];
  for await (const chunk of content?.stream(range) ?? []) {
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString();
};

const write = async (store: BlobStore, staging: string, text: string): Promise<void> => {
  const writer = await store.stage(staging);
  await writer.write(Buffer.from(text));
  await writer.close();
};

const failureOf = async (work: Promise<unknown>): Promise<StorageFailure | undefined> => {
  try {
    await work;
    return undefined;
  } catch (error) {
    return (error as { failure?: StorageFailure }).failure;
  }
};

const keysOf = async (store: BlobStore): Promise<string[]> => {
  const keys: string[] = [];
  for await (const entry of store.list()) {
    keys.push(entry.key);
  }
  return keys.sort();
};

/** What every blob store must do. `create` gives a new, empty one. */
export const blobStoreConformance = (name: string, create: () => Promise<BlobStore>): void => {
  describe(`${name} as a blob store`, () => {
    it('publishes what was staged, whole and in ranges', async () => {
      const store = await create();
      await write(store, id(1), 'hello world');
      expect(await store.open('shop/a-1.gz')).toBeUndefined();
      expect(await keysOf(store)).toEqual([]);
      await store.publish(id(1), 'shop/a-1.gz');
      expect(await readAll(store, 'shop/a-1.gz')).toBe('hello world');
      expect(await readAll(store, 'shop/a-1.gz', { start: 6, end: 8 })).toBe('wor');
      expect(await store.size('shop/a-1.gz')).toBe(11);
      await store.discardStaged(id(1));
      await store.discardStaged(id(1));
      expect(await readAll(store, 'shop/a-1.gz')).toBe('hello world');
      expect(await keysOf(store)).toEqual(['shop/a-1.gz']);
      expect(await store.listStaged()).toEqual([]);
    });

    it('appends to what is staged, and knows how much that is', async () => {
      const store = await create();
      await write(store, id(1), 'one ');
      const writer = await store.stage(id(1));
      expect(writer.length).toBe(4);
      for (let round = 0; round < 40; round += 1) {
        await writer.write(Buffer.alloc(100_000, 'x'));
      }
      await writer.close();
      await writer.close();
      expect(writer.length).toBe(4_000_004);
      expect((await store.listStaged()).map((staged) => staged.id)).toEqual([id(1)]);
      await store.publish(id(1), 'shop/a-1.gz');
      const text = await readAll(store, 'shop/a-1.gz');
      expect([text.length, text.slice(0, 6)]).toEqual([4_000_004, 'one xx']);
    });

    it('writes no key twice', async () => {
      const store = await create();
      await write(store, id(1), 'first');
      await write(store, id(2), 'second');
      await store.publish(id(1), 'shop/a-1.gz');
      await store.publish(id(1), 'shop/a-1.gz');
      expect(await failureOf(store.publish(id(2), 'shop/a-1.gz'))).toBe('exists');
      expect(await readAll(store, 'shop/a-1.gz')).toBe('first');
    });

    it('publishes nothing that is not staged', async () => {
      const store = await create();
      expect(await failureOf(store.publish(id(1), 'shop/a-1.gz'))).toBe('failed');
      expect(await store.size('shop/a-1.gz')).toBeUndefined();
      expect(await store.readStaged(id(1))).toBeUndefined();
    });

    it('deletes, again and again, and lets readers finish', async () => {
      const store = await create();
      await write(store, id(1), 'hello');
      await store.publish(id(1), 'shop/a-1.gz');
      await store.discardStaged(id(1));
      const stream = (await store.open('shop/a-1.gz'))?.stream() ?? Readable.from([]);
      await once(stream, 'readable');
      await store.delete('shop/a-1.gz');
      await store.delete('shop/a-1.gz');
      expect(await store.size('shop/a-1.gz')).toBeUndefined();
      expect(Buffer.concat(await stream.toArray()).toString()).toBe('hello');
    });

    it('goes on after every break, to the byte, and can be read in between', async () => {
      const store = await create();
      const expected = createHash('sha256');
      let bytes = 0;
      for (const size of [1, 70_000, 3, 2_000_000, 5_300_000, 10, 11_000_000, 1, 6_000_000]) {
        const chunk = Buffer.alloc(size, String(size));
        expected.update(chunk);
        bytes += size;
        const writer = await store.stage(id(1));
        expect([writer.length, writer.stored]).toEqual([bytes - size, bytes - size]);
        await writer.write(chunk);
        expect(writer.length).toBe(bytes);
        await writer.close();
        expect([writer.length, writer.stored]).toEqual([bytes, bytes]);
        const staged = await store.readStaged(id(1));
        expect(staged?.bytes).toBe(bytes);
        await staged?.close();
      }
      const digest = expected.digest('hex');
      const hashOf = async (content: BlobContent | undefined): Promise<string> => {
        const hash = createHash('sha256');
        for await (const chunk of content?.stream() ?? []) {
          hash.update(chunk);
        }
        return hash.digest('hex');
      };
      expect(await hashOf(await store.readStaged(id(1)))).toBe(digest);
      await store.publish(id(1), 'shop/a-1.gz');
      expect(await hashOf(await store.open('shop/a-1.gz'))).toBe(digest);
      expect(await store.size('shop/a-1.gz')).toBe(bytes);
      await store.discardStaged(id(1));
      expect(await store.readStaged(id(1))).toBeUndefined();
    });

    it('a writer that writes nothing changes nothing', async () => {
      const store = await create();
      await write(store, id(1), 'hello');
      await (await store.stage(id(1))).close();
      await write(store, id(1), ' world');
      await store.publish(id(1), 'shop/a-1.gz');
      expect(await readAll(store, 'shop/a-1.gz')).toBe('hello world');
    });

    it('of two that publish one key at once, one wins', async () => {
      const store = await create();
      const texts = Array.from({ length: 6 }, (_, index) => `text ${index}`);
      await Promise.all(texts.map((text, index) => write(store, id(index), text)));
      const failures = await Promise.all(texts.map((_, index) => failureOf(store.publish(id(index), 'shop/a-1.gz'))));
      expect(failures.toSorted()).toEqual(['exists', 'exists', 'exists', 'exists', 'exists', undefined]);
      const winner = failures.indexOf(undefined);
      expect(await readAll(store, 'shop/a-1.gz')).toBe(texts[winner]);
      await store.publish(id(winner), 'shop/a-1.gz');
      expect(await keysOf(store)).toEqual(['shop/a-1.gz']);
    });

    it('gives everything back when a reader leaves', async () => {
      const store = await create();
      const writer = await store.stage(id(1));
      for (let round = 0; round < 8; round += 1) {
        await writer.write(Buffer.alloc(1_000_000, 'x'));
      }
      await writer.close();
      await store.publish(id(1), 'shop/a-1.gz');
      for (let round = 0; round < 20; round += 1) {
        const stream = (await store.open('shop/a-1.gz'))?.stream() ?? Readable.from([]);
        await once(stream, 'readable');
        stream.destroy();
        await once(stream, 'close');
      }
      const unread = await store.open('shop/a-1.gz');
      await unread?.close();
      await unread?.close();
      expect((await readAll(store, 'shop/a-1.gz', { start: 7_999_990, end: 7_999_999 })).length).toBe(10);
    });

    it('sweeping leaves what is alive', async () => {
      const store = await create();
      await write(store, id(1), 'hello');
      await write(store, id(2), 'other');
      await store.publish(id(1), 'shop/a-1.gz');
      await store.sweep(new Date(Date.now() - 60_000));
      expect(await readAll(store, 'shop/a-1.gz')).toBe('hello');
      expect((await store.listStaged()).map((staged) => staged.id).sort()).toEqual([id(1), id(2)]);
    });

    it('refuses names that could lead elsewhere', async () => {
      const store = await create();
      await write(store, id(1), 'hello');
      for (const key of [
        'a',
        'a/',
        '/a',
        'a/..',
        'a/.',
        '../a',
        'a/./b',
        'a/b/..',
        'A/b',
        '.staging/x',
        'a/b.attrs',
        `a/${'b'.repeat(256)}`,
        `a/${'b/'.repeat(1000)}c`,
        'a/\ud800',
      ]) {
        expect(await failureOf(store.publish(id(1), key)), key).toBe('invalid-key');
        expect(await failureOf(store.open(key)), key).toBe('invalid-key');
        expect(await failureOf(store.size(key)), key).toBe('invalid-key');
        expect(await failureOf(store.delete(key)), key).toBe('invalid-key');
      }
      // What the old server may have written can be asked for, but nothing new is written there.
      for (const key of ['a/b/c', 'a/../b', 'a//b', 'a/b c', 'a/b/', 'a/b\n', 'a/"ä"']) {
        expect(await failureOf(store.publish(id(1), key)), key).toBe('invalid-key');
        expect(await store.open(key), key).toBeUndefined();
        expect(await store.size(key), key).toBeUndefined();
        await store.delete(key);
      }
      for (const staging of ['', '..', 'a/b', 'x'.repeat(65)]) {
        expect(await failureOf(store.stage(staging)), staging).toBe('invalid-key');
      }
    });

    it('checks itself without leaving anything', async () => {
      const store = await create();
      await store.check();
      expect(await keysOf(store)).toEqual([]);
    });
  });
};
