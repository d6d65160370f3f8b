import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findS3Server, type S3TestServer, startS3Server } from '../../testing/s3-server.ts';
import { blobStoreConformance } from '../blob-store-conformance.ts';
import { openS3Blobs, type S3BlobOptions, type S3Location } from './open-s3-blobs.ts';
import type { S3BlobStore } from './s3-blob-store.ts';

const available = findS3Server() !== undefined;

describe.skipIf(!available)(`S3${available ? '' : ' (needs versitygw)'}`, () => {
  let server: S3TestServer;
  beforeAll(async () => {
    server = await startS3Server();
  });
  afterAll(() => server.stop());

  const locationOf = (bucket: string, prefix = ''): S3Location => ({
    bucket,
    prefix,
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${server.port}`,
    tls: false,
    forcePathStyle: true,
    profile: undefined,
  });
  const open = async (options: S3BlobOptions = {}, prefix = ''): Promise<S3BlobStore> =>
    openS3Blobs(locationOf(await server.createBucket(), prefix), { credentials: server.credentials, ...options });

  blobStoreConformance('S3', () => open());
  blobStoreConformance('S3 with a prefix', () => open({}, 'some/where/'));
  // Segments of several parts begin after gigabytes; here they begin at once.
  blobStoreConformance('S3 with large segments', () => open({ targetOf: () => 12 * 1024 * 1024 }));

  it('names no secret in its errors', async () => {
    const canary = `canary-${randomUUID()}`;
    const store = openS3Blobs(locationOf(server.bucket), {
      credentials: { accessKeyId: server.credentials.accessKeyId, secretAccessKey: canary },
    });
    const error = await store.check().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ failure: 'failed', message: expect.stringContaining('secret key') });
    const everything = JSON.stringify([error, error instanceof Error ? [error.stack, error.cause] : []]);
    expect(everything).not.toContain(canary);
    expect(everything).not.toMatch(/Signature=|Credential=/);
  });

  it('says that a bucket is missing', async () => {
    const store = openS3Blobs(locationOf('no-such-bucket'), { credentials: server.credentials });
    await expect(store.check()).rejects.toMatchObject({ message: 'the bucket does not exist' });
    await expect(store.listStaged()).rejects.toMatchObject({ message: 'the bucket does not exist' });
  });

  it('refuses another writer when its memory is used up, and takes it when there is some again', async () => {
    const store = await open({ memory: 10 * 1024 * 1024, memoryWait: 50 });
    const id = () => randomUUID();
    const first = await store.stage(id());
    const second = await store.stage(id());
    await expect(store.stage(id())).rejects.toMatchObject({ failure: 'busy' });
    const waiting = store.stage(id());
    await first.close();
    await (await waiting).close();
    await second.close();
  });

  it('gives its memory back, however an upload went', async () => {
    const store = await open({ memory: 20 * 1024 * 1024, memoryWait: 50, targetOf: () => 12 * 1024 * 1024 });
    const id = randomUUID();
    for (const size of [10, 6_000_000, 0, 30_000_000, 5 * 1024 * 1024, 1, 0]) {
      const writer = await store.stage(id);
      await writer.write(Buffer.alloc(size));
      await writer.close();
    }
    const all = await Promise.all(Array.from({ length: 4 }, () => store.stage(randomUUID())));
    await Promise.all(all.map((writer) => writer.close()));
  });

  it('what a writer sends that lost its turn changes nothing', async () => {
    const store = await open();
    const id = randomUUID();
    const late = await store.stage(id, { generation: 1 });
    await late.write(Buffer.from('from the late one'));
    const next = await store.stage(id, { generation: 2 });
    await next.write(Buffer.from('hello'));
    await next.close();
    await late.close();
    const staged = await store.readStaged(id);
    expect(Buffer.concat((await staged?.stream().toArray()) ?? []).toString()).toBe('hello');
    await store.publish(id, 'shop/a-1');
    expect(await store.size('shop/a-1')).toBe(5);
    await store.discardStaged(id);
    expect(await store.listStaged()).toEqual([]);
  });
});
