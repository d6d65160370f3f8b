import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningRepository } from '../start-repository.ts';
import { type Answer, call } from '../testing/api.ts';
import { blobsOf } from '../testing/bucket.ts';
import { armoured, sha256 } from '../testing/messages.ts';
import { chunk, eventually, rawClient, requestHead } from '../testing/raw-client.ts';
import { createReplicas, missingForReplicas, type Replicas } from '../testing/replicas.ts';

const missing = missingForReplicas();

describe.skipIf(missing !== '')(`several servers on one database and bucket${missing}`, () => {
  let replicas: Replicas;
  let servers: [RunningRepository, RunningRepository];
  let token: string;
  beforeAll(async () => {
    replicas = await createReplicas();
    servers = [await replicas.start(), await replicas.start()];
    const large = { maxOneVersionSize: '100M', maxCollectionSize: '1000M' };
    await replicas.putCollection('shop-db', { ...large, maxBackupsCount: 10 });
    await replicas.putCollection('many', { ...large, maxBackupsCount: 1000, maxOneVersionSize: '20K' });
    token = await replicas.login(servers[0]);
  });
  afterAll(() => replicas.stop());

  const at = (server: number, target: string, options: Parameters<typeof call>[2] = {}): Promise<Answer> =>
    call({ url: (servers[server] ?? servers[0]).url } as never, target, { token, ...options });
  const base = (collection: string): string => `/api/stable/repository/collection/${collection}`;
  let keys = 0;
  const open = async (server: number, collection: string): Promise<string> => {
    const key = `key-of-a-replica-test-${keys++}`;
    const opened = await at(server, `POST ${base(collection)}/uploads`, { json: { key } });
    return `${base(collection)}/uploads/${opened.body.data.upload.id}`;
  };
  const append = (server: number, upload: string, { offset, body }: { offset: number; body: Buffer }) =>
    at(server, `PATCH ${upload}`, { headers: { 'upload-offset': String(offset) }, body });
  const finalise = (server: number, upload: string, message: Buffer) =>
    at(server, `POST ${upload}/finalise`, { json: { sha256: sha256(message), size: message.length } });
  const digestOf = async (server: number, collection: string, version: number): Promise<string> => {
    const url = `${(servers[server] ?? servers[0]).url}${base(collection)}/version/${version}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    const hash = createHash('sha256');
    for await (const part of response.body ?? []) {
      hash.update(part);
    }
    return hash.digest('hex');
  };
  /** As clients do: an unknown outcome is asked for again. */
  const untilSettled = async (server: number, upload: string, message: Buffer): Promise<Answer> => {
    let answer = await finalise(server, upload, message);
    for (let round = 0; round < 20 && answer.status >= 500; round += 1) {
      expect([503, 500]).toContain(answer.status);
      await delay(500);
      answer = await finalise(1 - server, upload, message);
    }
    return answer;
  };
  /** A request whose body does not end: bytes up to `until` arrive. */
  const hang = async (server: number, upload: string, body: Buffer) => {
    const client = await rawClient(servers[server] ?? servers[0]);
    const headers = { authorization: `Bearer ${token}`, 'upload-offset': '0', 'transfer-encoding': 'chunked' };
    await client.send(requestHead(`PATCH ${upload}`, headers));
    await client.send(chunk(body));
    return client;
  };
  const isReceived = async (upload: string): Promise<boolean> =>
    (
      await replicas.postgres.sql('select 1 from upload_turns where upload_id = $1 and owner is not null', [
        upload.split('/').at(-1),
      ])
    ).length === 1;

  it('an upload goes on at another server, to the byte, and is committed by a third request elsewhere', async () => {
    const message = armoured(17_000_000);
    const upload = await open(0, 'shop-db');
    expect((await append(0, upload, { offset: 0, body: message.subarray(0, 6_000_001) })).status).toBe(200);
    const seen = await at(1, `GET ${upload}`);
    expect(seen.body.data.upload.offset).toBe(6_000_001);
    expect((await append(1, upload, { offset: 6_000_001, body: message.subarray(6_000_001, 6_000_010) })).status).toBe(
      200,
    );
    expect((await append(0, upload, { offset: 6_000_001, body: message })).status).toBe(409);
    expect((await append(0, upload, { offset: 6_000_010, body: message.subarray(6_000_010) })).status).toBe(200);
    const done = await finalise(1, upload, message);
    expect([done.status, done.body.data.version.sha256]).toEqual([200, sha256(message)]);
    const again = await finalise(0, upload, message);
    expect(again.body.data.version.versionNumber).toBe(done.body.data.version.versionNumber);
    expect(await digestOf(0, 'shop-db', done.body.data.version.versionNumber)).toBe(sha256(message));
  });

  it('a server that still receives gives way to another one', async () => {
    const message = armoured(12_000_000);
    const upload = await open(0, 'shop-db');
    const hanging = await hang(0, upload, message.subarray(0, 7_000_000));
    await eventually(() => isReceived(upload));
    await delay(500);
    const refused = await append(1, upload, { offset: 0, body: message });
    expect([refused.status, Number(refused.headers.get('upload-offset'))]).toEqual([409, 7_000_000]);
    expect(await hanging.receive(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 409/);
    expect((await append(1, upload, { offset: 7_000_000, body: message.subarray(7_000_000) })).status).toBe(200);
    expect((await finalise(0, upload, message)).status).toBe(200);
  });

  it('no sweep takes away what another server is receiving, and none fights with another', async () => {
    const message = armoured(8_000_000);
    const upload = await open(0, 'shop-db');
    const hanging = await hang(0, upload, message.subarray(0, 6_000_000));
    await eventually(() => isReceived(upload));
    await replicas.postgres.sql(`update uploads set lease_expires_at = '2001-01-01' where state = 'open'`);
    // Every server sweeps when it starts.
    const more = await Promise.all([replicas.start(), replicas.start(), replicas.start()]);
    await hanging.send(chunk(message.subarray(6_000_000)));
    await hanging.send('0\r\n\r\n');
    expect(await hanging.receive(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200/);
    expect((await finalise(1, upload, message)).status).toBe(200);
    await Promise.all(more.map((server) => server.stop()));
  });

  it('what nobody receives any more is swept, by any server', async () => {
    const upload = await open(0, 'shop-db');
    await append(0, upload, { offset: 0, body: armoured(100_000) });
    await replicas.postgres.sql(`update uploads set lease_expires_at = '2001-01-01' where state = 'open'`);
    const sweeper = await replicas.start();
    const { state } = (await at(1, `GET ${upload}`)).body.data.upload;
    expect(state).toBe('aborted');
    await sweeper.stop();
  });

  it('50 writers on two servers: no number twice, nothing overwritten, everything there', async () => {
    const digests = new Map<number, string>();
    const writer = async (index: number): Promise<void> => {
      for (let round = 0; round < 2; round += 1) {
        const server = (index + round) % 2;
        const message = armoured(2000 + index);
        const upload = await open(server, 'many');
        const sent = await append(1 - server, upload, { offset: 0, body: message });
        expect([sent.status, sent.body]).toEqual([200, expect.anything()]);
        const answers = await Promise.all([finalise(server, upload, message), finalise(1 - server, upload, message)]);
        const numbers = answers.map((answer) => answer.body.data?.version?.versionNumber).filter(Boolean);
        expect(new Set(numbers).size, JSON.stringify(answers.map(({ status, body }) => [status, body]))).toBe(1);
        expect(digests.has(numbers[0])).toBe(false);
        digests.set(numbers[0], sha256(message));
      }
    };
    await Promise.all(Array.from({ length: 50 }, (_, index) => writer(index)));
    const list = (await at(1, `GET ${base('many')}/version`)).body.data.versions as {
      versionNumber: number;
      sha256: string;
    }[];
    expect(list.map(({ versionNumber }) => versionNumber).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 1),
    );
    for (const { versionNumber, sha256: digest } of list) {
      expect(digest).toBe(digests.get(versionNumber));
      expect(await digestOf(versionNumber % 2, 'many', versionNumber)).toBe(digest);
    }
    const { usage } = (await at(0, `GET ${base('many')}/usage`)).body.data;
    expect(usage.reservedBytes).toBe(0);
  }, 120_000);

  it('a restart of PostgreSQL during a stream and during commits loses nothing that was acknowledged', async () => {
    const message = armoured(9_000_000);
    const streaming = await open(0, 'shop-db');
    const hanging = await hang(0, streaming, message.subarray(0, 6_000_000));
    await eventually(() => isReceived(streaming));
    const waiting: [string, Buffer][] = [];
    for (let index = 0; index < 6; index += 1) {
      const small = armoured(3000);
      const upload = await open(index % 2, 'shop-db');
      await append(index % 2, upload, { offset: 0, body: small });
      waiting.push([upload, small]);
    }
    let finishing: Promise<Answer[]> = Promise.resolve([]);
    await replicas.postgres.restart(async () => {
      finishing = Promise.all(waiting.map(([upload, small], index) => untilSettled(index % 2, upload, small)));
      const ready = await fetch(`${servers[0].url}/ready`);
      expect(ready.status).toBeGreaterThanOrEqual(500);
      await ready.text();
      await delay(1000);
    });
    for (const answer of await finishing) {
      expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
    }
    await eventually(async () => (await fetch(`${servers[0].url}/ready`)).status === 200);
    await hanging.send(chunk(message.subarray(6_000_000)));
    await hanging.send('0\r\n\r\n');
    expect(await hanging.receive(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200/);
    const done = await finalise(1, streaming, message);
    expect([done.status, done.body.data.version?.sha256]).toEqual([200, sha256(message)]);
  }, 90_000);

  it('nothing is left in the bucket but versions', async () => {
    const { keys, staged, multiparts } = await blobsOf(replicas.s3);
    expect([staged, multiparts]).toEqual([[], []]);
    const rows = await replicas.postgres.sql(
      'select collection_id, filename from uploaded_versions where bytes_removed_at is null',
    );
    expect(keys.sort()).toEqual(rows.map((row) => `${row.collection_id}/${row.filename}`).sort());
  });
});
