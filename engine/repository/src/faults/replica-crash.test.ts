import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, call } from '../testing/api.ts';
import { blobsOf } from '../testing/bucket.ts';
import { collectionSpec } from '../testing/harness.ts';
import { armoured, sha256 } from '../testing/messages.ts';
import { type PostgresServer, startPostgresServer } from '../testing/postgres-server.ts';
import { chunk, rawClient, requestHead } from '../testing/raw-client.ts';
import { missingForReplicas } from '../testing/replicas.ts';
import { type S3TestServer, startS3Server } from '../testing/s3-server.ts';
import { type CrashServer, killed, putConfiguration, startCrashServer, tokenOf } from './crash-server.ts';

const missing = missingForReplicas();
const base = '/api/stable/repository/collection/shop-db';
const sweep = '/api/stable/repository/storage/sweep';
/** Milliseconds. */
const turnTimes = { lease: 1500, heartbeat: 300, wait: 4000, poll: 50 };
const spec = { ...collectionSpec, maxBackupsCount: 50, maxOneVersionSize: '50M', maxCollectionSize: '3000M' };

describe.skipIf(missing !== '').each(['a shared folder', 'a bucket'])('two servers on %s, one killed', (kind) => {
  let home: string;
  let postgres: PostgresServer;
  let s3: S3TestServer | undefined;
  let doomed: CrashServer;
  let other: CrashServer;
  let token: string;
  const stored = new Map<number, string>();

  const start = (): Promise<CrashServer> =>
    startCrashServer(home, {
      ...{ postgresPort: postgres.port, turnTimes },
      ...(s3 === undefined ? {} : { bucket: { url: s3.url(), credentials: s3.credentials } }),
    });
  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'backstay-replica-crash-'));
    await putConfiguration(home, 'shop-db', spec);
    postgres = await startPostgresServer();
    s3 = kind === 'a bucket' ? await startS3Server() : undefined;
    [doomed, other] = [await start(), await start()];
    token = await tokenOf(other);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([doomed, other].filter((server) => server.child.exitCode === null).map(killed));
    await s3?.stop();
    postgres.stop();
    await rm(home, { recursive: true, force: true });
  });

  const on = (server: CrashServer, target: string, options: Parameters<typeof call>[2] = {}): Promise<Answer> =>
    call({ url: server.url } as never, target, { token, ...options });
  let keys = 0;
  const open = async (server: CrashServer): Promise<string> => {
    const opened = await on(server, `POST ${base}/uploads`, { json: { key: `key-of-a-replica-crash-${keys++}` } });
    return `${base}/uploads/${opened.body.data.upload.id}`;
  };
  const append = (server: CrashServer, upload: string, { offset, body }: { offset: number; body: Buffer }) =>
    on(server, `PATCH ${upload}`, { headers: { 'upload-offset': String(offset) }, body });
  const finalise = (server: CrashServer, upload: string, message: Buffer) =>
    on(server, `POST ${upload}/finalise`, { json: { sha256: sha256(message), size: message.length } });
  const afterDeath = async (work: Promise<unknown>): Promise<void> => {
    const ended = doomed.child.exitCode === null && doomed.child.signalCode === null ? once(doomed.child, 'exit') : [];
    await expect(work).rejects.toThrow();
    await ended;
    doomed = await start();
  };
  const remember = (answer: Answer): void => {
    const { versionNumber, sha256: digest } = answer.body.data.version;
    expect(stored.has(versionNumber)).toBe(false);
    stored.set(versionNumber, digest);
  };
  const lost = async (): Promise<string[]> => {
    if (s3 !== undefined) {
      const { staged, multiparts } = await blobsOf(s3);
      return [...staged, ...multiparts];
    }
    return await readdir(path.join(home, 'blobs', '.staging')).catch(() => []);
  };
  /** Every version is listed once, with its bytes, at both servers. */
  const check = async (): Promise<void> => {
    for (const server of [doomed, other]) {
      const { versions } = (await on(server, `GET ${base}/version`)).body.data;
      const listed = versions.map((version: { versionNumber: number; sha256: string }) => [
        version.versionNumber,
        version.sha256,
      ]);
      expect(listed).toEqual([...stored].sort(([a], [b]) => a - b));
      expect((await on(server, `GET ${base}/usage`)).body.data.usage.reservedBytes).toBe(0);
    }
    for (const [number, digest] of stored) {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`${other.url}${base}/version/${number}`, { headers });
      expect(sha256(Buffer.from(await response.arrayBuffer()))).toBe(digest);
    }
    expect(await lost()).toEqual([]);
  };

  it('in the middle of a stream: the other one goes on, to the byte, within the lease', async () => {
    const message = armoured(9_000_000);
    const upload = await open(doomed);
    expect((await append(doomed, upload, { offset: 0, body: message.subarray(0, 3_000_000) })).status).toBe(200);
    const client = await rawClient(doomed);
    const headers = { authorization: `Bearer ${token}`, 'upload-offset': '3000000', 'transfer-encoding': 'chunked' };
    await client.send(requestHead(`PATCH ${upload}`, headers));
    await client.send(chunk(message.subarray(3_000_000, 7_000_000)));
    await delay(200);
    await killed(doomed);
    const { offset } = (await on(other, `GET ${upload}`)).body.data.upload;
    expect(offset).toBeGreaterThanOrEqual(3_000_000);
    expect((await append(other, upload, { offset, body: message.subarray(offset) })).status).toBe(200);
    remember(await finalise(other, upload, message));
    doomed = await start();
    await check();
  }, 60_000);

  it.each([
    'before uploads.decide',
    'after uploads.decide',
    'before blobs.publish',
    'after blobs.publish',
    'after uploads.complete',
    'after blobs.discardStaged',
  ])(
    '%s: the other one gives the same version, once',
    async (point) => {
      const message = armoured(300_000);
      const upload = await open(doomed);
      expect((await append(doomed, upload, { offset: 0, body: message })).status).toBe(200);
      await doomed.arm(point);
      await afterDeath(finalise(doomed, upload, message));
      const answer = await finalise(other, upload, message);
      expect(answer.status).toBe(200);
      remember(answer);
      expect((await finalise(doomed, upload, message)).body.data.version).toEqual(answer.body.data.version);
      await check();
    },
    60_000,
  );

  it('in a sweep: the other one compares again when the lease is over', async () => {
    // As if the leases of those who died before had passed.
    await postgres.sql("delete from locks where id = 'maintenance:sweep'");
    await doomed.arm('before maintenance.finish');
    const dead = once(doomed.child, 'exit');
    await on(doomed, `POST ${sweep}`).catch(() => undefined);
    await dead;
    const [lock] = await postgres.sql(
      "select extract(epoch from expires - now()) as seconds from locks where id = 'maintenance:sweep'",
    );
    expect(Number((lock as { seconds: unknown }).seconds)).toBeLessThanOrEqual(60);
    const finished = async () => (await on(other, `GET ${sweep}`)).body.data.sweep.finishedAt;
    const before = await finished();
    await on(other, `POST ${sweep}`);
    await delay(300);
    expect(await finished()).toBe(before);
    // As if the lease had passed.
    await postgres.sql("update locks set expires = now() - interval '1 second' where id = 'maintenance:sweep'");
    await on(other, `POST ${sweep}`);
    await expect.poll(finished, { timeout: 10_000 }).not.toBe(before);
    doomed = await start();
    await check();
  }, 60_000);
});
