import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { randomFaults, type S3Fault, type S3FaultProxy, startS3FaultProxy } from '../../testing/s3-fault-proxy.ts';
import { findS3Server, type S3TestServer, startS3Server } from '../../testing/s3-server.ts';
import { openS3Blobs } from './open-s3-blobs.ts';
import type { S3BlobStore } from './s3-blob-store.ts';

const available = findS3Server() !== undefined;
const mebibyte = 1024 * 1024;

describe.skipIf(!available)(`S3 that fails${available ? '' : ' (needs versitygw)'}`, () => {
  let server: S3TestServer;
  let proxy: S3FaultProxy;
  beforeAll(async () => {
    server = await startS3Server();
    proxy = await startS3FaultProxy(server);
  });
  afterEach(() => {
    proxy.plan = () => undefined;
  });
  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });

  /** Two ways to one new bucket: through the proxy, and past it. */
  const open = async (options: { attempts?: number; large?: boolean; timeout?: number } = {}) => {
    const bucket = await server.createBucket();
    const through = (port: number): S3BlobStore =>
      openS3Blobs(
        {
          bucket,
          prefix: '',
          region: 'us-east-1',
          endpoint: `http://127.0.0.1:${port}`,
          tls: false,
          forcePathStyle: true,
          profile: undefined,
        },
        {
          credentials: server.credentials,
          retries: { attempts: options.attempts ?? 12, baseDelay: 1, maxDelay: 10 },
          requestTimeout: options.timeout ?? 2000,
          transferTimeout: options.timeout ?? 5000,
          ...(options.large ? { targetOf: () => 12 * mebibyte } : {}),
        },
      );
    return { broken: through(proxy.port), sound: through(server.port) };
  };

  const stage = async (store: S3BlobStore, id: string, bytes: Buffer): Promise<void> => {
    const writer = await store.stage(id);
    for (let at = 0; at < bytes.length; at += 65_536) {
      await writer.write(bytes.subarray(at, at + 65_536));
    }
    await writer.close();
  };
  const hashOf = async (store: S3BlobStore, key: string): Promise<string | undefined> => {
    const content = await store.open(key);
    if (content === undefined) {
      return undefined;
    }
    const hash = createHash('sha256');
    for await (const chunk of content.stream()) {
      hash.update(chunk);
    }
    return hash.digest('hex');
  };
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const nothingLeft = async (store: S3BlobStore): Promise<void> => {
    expect(await store.listStaged()).toEqual([]);
    await store.sweep(new Date(Date.now() + 60_000));
    const multiparts: string[] = [];
    for await (const { key } of store.requests.listMultiparts('')) {
      multiparts.push(key);
    }
    expect(multiparts).toEqual([]);
  };

  it.each([
    ['small', false],
    ['large', true],
  ])('three in ten requests fail: everything arrives, in %s segments', async (_, large) => {
    const { broken, sound } = await open({ large });
    const faults: S3Fault[] = ['unavailable', 'internal-error', 'reset', 'lost-reply'];
    proxy.plan = randomFaults({ share: 0.3, faults, random: Math.random });
    for (let round = 0; round < 4; round += 1) {
      const bytes = randomBytes(17 * mebibyte + round);
      const id = randomUUID();
      await stage(broken, id, bytes);
      await broken.publish(id, `shop/a-${round}`);
      expect(await hashOf(broken, `shop/a-${round}`)).toBe(sha256(bytes));
      await broken.discardStaged(id);
    }
    await nothingLeft(sound);
  });

  it.each<S3Fault>(['lost-reply', 'error-in-200-done'])(
    'a completed object whose answer is %s counts as completed, once',
    async (fault) => {
      const { broken, sound } = await open({ large: true });
      const id = randomUUID();
      const bytes = randomBytes(26 * mebibyte);
      let faults = 0;
      proxy.plan = ({ operation }) => (operation === 'complete' && faults++ < 4 ? fault : undefined);
      await stage(broken, id, bytes);
      await broken.publish(id, 'shop/a-1');
      expect(faults).toBeGreaterThan(2);
      expect(await hashOf(sound, 'shop/a-1')).toBe(sha256(bytes));
      await broken.publish(id, 'shop/a-1');
      await broken.discardStaged(id);
      await nothingLeft(sound);
    },
  );

  it.each<S3Fault>(['error-in-200', 'conflict', 'precondition-failed', 'timeout'])(
    'a completion that meets %s first is done again',
    async (fault) => {
      const { broken, sound } = await open(fault === 'timeout' ? { timeout: 1500 } : {});
      const id = randomUUID();
      const bytes = randomBytes(6 * mebibyte);
      await stage(broken, id, bytes);
      let faults = 0;
      proxy.plan = ({ operation }) => (operation === 'complete' && faults++ === 0 ? fault : undefined);
      await broken.publish(id, 'shop/a-1');
      expect(await hashOf(sound, 'shop/a-1')).toBe(sha256(bytes));
      await broken.discardStaged(id);
      await nothingLeft(sound);
    },
  );

  it('a lost answer does not hide that another upload has the key', async () => {
    const { broken, sound } = await open();
    const [first, second] = [randomUUID(), randomUUID()];
    await stage(sound, first, Buffer.from('first'));
    await stage(sound, second, Buffer.from('other'));
    await sound.publish(first, 'shop/a-1');
    proxy.plan = ({ operation }) => (operation === 'complete' ? 'lost-reply' : undefined);
    await expect(broken.publish(second, 'shop/a-1')).rejects.toMatchObject({ failure: 'exists' });
    expect(await hashOf(sound, 'shop/a-1')).toBe(sha256(Buffer.from('first')));
    await Promise.all([first, second].map((id) => sound.discardStaged(id)));
    await nothingLeft(sound);
  });

  it('an outage ends an upload cleanly, and what was stored before is still there', async () => {
    const { broken, sound } = await open({ attempts: 3 });
    const id = randomUUID();
    const writer = await broken.stage(id);
    await writer.write(randomBytes(5 * mebibyte));
    while (writer.stored === 0) {
      await delay(5);
    }
    proxy.plan = () => 'unavailable';
    const send = async (): Promise<void> => {
      for (let round = 0; round < 10; round += 1) {
        await writer.write(randomBytes(5 * mebibyte));
      }
    };
    await expect(send()).rejects.toMatchObject({ failure: 'failed', message: expect.stringContaining('SlowDown') });
    await expect(writer.close()).rejects.toMatchObject({ failure: 'failed' });
    expect([writer.length, writer.stored]).toEqual([5 * mebibyte, 5 * mebibyte]);
    await expect(broken.check()).rejects.toMatchObject({ failure: 'failed' });
    proxy.plan = () => undefined;
    expect((await broken.readStaged(id))?.bytes).toBe(5 * mebibyte);
    await broken.discardStaged(id);
    await nothingLeft(sound);
  });

  it('a publishing that fails leaves neither an object nor parts, and can be repeated', async () => {
    const { broken, sound } = await open({ attempts: 2 });
    const id = randomUUID();
    const bytes = randomBytes(12 * mebibyte);
    await stage(broken, id, bytes);
    proxy.plan = ({ operation }) => (operation === 'copy' ? 'internal-error' : undefined);
    await expect(broken.publish(id, 'shop/a-1')).rejects.toMatchObject({ failure: 'failed' });
    expect(await sound.size('shop/a-1')).toBeUndefined();
    proxy.plan = () => undefined;
    await broken.publish(id, 'shop/a-1');
    expect(await hashOf(sound, 'shop/a-1')).toBe(sha256(bytes));
    await broken.discardStaged(id);
    await nothingLeft(sound);
  });

  it('the sweep ends multipart uploads of servers that died', async () => {
    const { broken, sound } = await open();
    await sound.requests.begin('shop/a-1');
    await sound.requests.begin('.staging/00000000-0000-4000-8000-000000000001/0000000000000000-0000000001');
    expect(await sound.listStaged()).toHaveLength(1);
    await sound.sweep(new Date(Date.now() - 60_000));
    expect(await sound.listStaged()).toHaveLength(1);
    proxy.plan = randomFaults({ share: 0.3, faults: ['unavailable', 'lost-reply'], random: Math.random });
    await broken.sweep(new Date(Date.now() + 60_000));
    await nothingLeft(sound);
  });

  it('readers go on where a connection broke, and end with an error when the object is gone', async () => {
    const { broken, sound } = await open();
    const id = randomUUID();
    const bytes = randomBytes(20 * mebibyte);
    await stage(sound, id, bytes);
    await sound.publish(id, 'shop/a-1');
    let breaks = 0;
    proxy.plan = ({ operation }) => (operation === 'get' && breaks++ < 3 ? 'broken-body' : undefined);
    expect(await hashOf(broken, 'shop/a-1')).toBe(sha256(bytes));
    expect(breaks).toBeGreaterThan(3);

    proxy.plan = ({ operation }) => (operation === 'get' ? 'broken-body' : undefined);
    const stream = (await broken.open('shop/a-1'))?.stream();
    stream?.once('readable', () => void sound.delete('shop/a-1'));
    await delay(50);
    await expect(stream?.toArray()).rejects.toMatchObject({ failure: 'failed' });
  });

  it('a slow reader takes no memory', async () => {
    const { sound } = await open();
    const id = randomUUID();
    await stage(sound, id, randomBytes(64 * mebibyte));
    const stream = (await sound.readStaged(id))?.stream();
    stream?.read(0);
    await delay(300);
    expect(stream?.readableLength).toBeLessThan(mebibyte);
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(200 * mebibyte);
    stream?.destroy();
    await sound.discardStaged(id);
  });
});
