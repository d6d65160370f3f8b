import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../testing/api.ts';
import { collectionSpec, createShop, type Harness } from '../testing/harness.ts';
import { armoured, binaryMessage } from '../testing/messages.ts';
import { chunk, eventually, rawClient, requestHead } from '../testing/raw-client.ts';

let shop: Harness;
let token: string;
beforeAll(async () => {
  shop = await createShop({ uploadGrace: 50 });
  token = await shop.login('admin');
});
afterAll(() => shop.stop());

const prefix = 'cannot upload version. cannot upload file, cannot copy stream, error: ';
const uploadTo = (collection: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  call(shop, `POST /api/alpha/repository/collection/${collection}/version`, { token, body, headers });
const versionsOf = async (collection: string): Promise<number[]> => {
  const answer = await call(shop, `GET /api/stable/repository/collection/${collection}/version`, { token });
  return answer.body.data.versions.map((version: { versionNumber: number }) => version.versionNumber);
};
const staged = async (): Promise<string[]> => readdir(path.join(shop.home, 'blobs', '.staging')).catch(() => []);
const stored = async (collection: string): Promise<string[]> =>
  readdir(path.join(shop.home, 'blobs', collection)).catch(() => []);
const fresh = async (name: string, more: Record<string, unknown> = {}) => {
  await shop.put('BackupCollection', name, { ...collectionSpec, ...more });
  return name;
};

describe('a plain upload', () => {
  it('is stored and answered as the old server did', async () => {
    const collection = await fresh('answers');
    const message = armoured();
    const answer = await uploadTo(collection, message);
    expect(answer.status).toBe(200);
    expect(answer.body.data.version).toMatchObject({
      collectionId: collection,
      versionNumber: 1,
      filename: 'shop-db-1.tar.gz',
      filesize: message.length,
      user: 'admin',
      DeletedAt: null,
    });
    expect(answer.body.data.version.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await stored(collection)).toEqual(['shop-db-1.tar.gz']);
    expect(await staged()).toEqual([]);
  });

  it('takes binary messages, chunked bodies, urlencoded and multipart ones', async () => {
    const collection = await fresh('forms', { maxBackupsCount: 10, maxCollectionSize: '50M' });
    expect((await uploadTo(collection, binaryMessage())).status).toBe(200);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await uploadTo(collection, armoured(), form)).status).toBe(200);
    const stream = new Blob([armoured(100_000)]).stream();
    const chunked = await call(shop, `POST /api/stable/repository/collection/${collection}/version`, {
      token,
      body: stream,
    });
    expect(chunked.status, chunked.text).toBe(200);

    const data = new FormData();
    data.set('other', 'field');
    const message = armoured(300_000);
    data.set('file', new Blob([message]), 'any name');
    const response = await fetch(`${shop.url}/api/alpha/repository/collection/${collection}/version`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: data,
    });
    const answer = (await response.json()) as { data: { version: { filesize: number } } };
    expect(answer.data.version.filesize).toBe(message.length);
    expect(await versionsOf(collection)).toEqual([1, 2, 3, 4]);
  });

  it('sends the status line that the old client compares', async () => {
    const collection = await fresh('status-line');
    const client = await rawClient(shop);
    const body = armoured();
    await client.send(
      requestHead(`POST /api/alpha/repository/collection/${collection}/version`, {
        authorization: `Bearer ${token}`,
        'transfer-encoding': 'chunked',
      }),
    );
    await client.send(chunk(body.subarray(0, 9)));
    await client.send(chunk(body.subarray(9)));
    await client.send('0\r\n\r\n');
    expect(await client.receive(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    client.socket.destroy();
  });

  it('waits for leave when the client asks before it sends', async () => {
    const head = (collection: string) =>
      requestHead(`POST /api/alpha/repository/collection/${collection}/version`, {
        authorization: `Bearer ${token}`,
        'content-length': '100',
        expect: '100-continue',
      });
    const refused = await rawClient(shop);
    await refused.send(head('unknown'));
    expect(await refused.receive(/cannot find/)).toMatch(/^HTTP\/1\.1 404/);
    const welcome = await rawClient(shop);
    await welcome.send(head(await fresh('continue')));
    expect(await welcome.receive(/Continue/)).toMatch(/^HTTP\/1\.1 100 Continue/);
    welcome.socket.destroy();
    refused.socket.destroy();
  });

  it('is refused with the texts of the old server, and nothing stays', async () => {
    const collection = await fresh('refusals', { maxOneVersionSize: '1K', maxCollectionSize: '3K' });
    const nobody = await shop.login('nobody');
    const texts = async (body: string | Uint8Array, headers: Record<string, string> = {}) => {
      const answer = await uploadTo(collection, body, headers);
      expect(answer.body.data).toEqual({});
      expect(answer.status, answer.text).toBe(500);
      return answer.body.error as string;
    };
    const header = `${prefix}first chunk of uploaded data does not contain a valid GPG header`;
    expect(await texts('plain text')).toBe(header);
    expect(await texts('')).toBe(header);
    expect(await texts('-----BEGIN PGP MESSAGE-----\n no end')).toBe(
      `${prefix}end of stream does not contain a valid GPG footer, suspecting a data corruption`,
    );
    expect(await texts(armoured(5000))).toMatch(
      /filesize reached allowed limit\. Uploaded \d+ bytes, allowed to upload only 1024 bytes$/,
    );
    expect(await texts('x', { 'content-type': 'multipart/form-data; boundary=b' })).toMatch(
      /^cannot read file from multipart\/urlencoded form: /,
    );
    const noFile = '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\n';
    expect(await texts(noFile, { 'content-type': 'multipart/form-data; boundary=b' })).toBe(
      'cannot read file from multipart/urlencoded form: http: no such file',
    );
    const forbidden = await call(shop, `POST /api/alpha/repository/collection/${collection}/version`, {
      token: nobody,
      body: armoured(),
    });
    expect([forbidden.status, forbidden.body.error]).toEqual([
      403,
      'not authorized to upload versions to this collection',
    ]);
    expect((await uploadTo('unknown', armoured())).body.error).toBe('cannot find specified collection');
    await fresh('strategy', { strategyName: 'lifo' });
    expect((await uploadTo('strategy', armoured())).body.error).toBe(
      'internal error while trying to create rotation strategy. Check server logs',
    );
    for (const broken of [
      { filenameTemplate: 'x.gz' },
      { maxOneVersionSize: 'x' },
      { maxBackupsCount: 0 },
      { filenameTemplate: '../${version}' },
    ]) {
      await fresh('broken', broken);
      const answer = await uploadTo('broken', armoured());
      expect([answer.status, answer.body.error]).toEqual([
        500,
        expect.stringMatching(/^cannot construct validators cannot construct standard middlewares, error: /),
      ]);
    }
    expect(await versionsOf(collection)).toEqual([]);
    expect([await stored(collection), await staged()]).toEqual([[], []]);
  });

  it('keeps to the windows unless the right is there', async () => {
    const closed = { from: '0 0 1 1 *', duration: '1m' };
    const collection = await fresh('windows', {
      windows: [closed],
      accessControl: [{ userName: 'nobody', roles: ['backupUploader'] }],
    });
    const nobody = await shop.login('nobody');
    const target = `POST /api/alpha/repository/collection/${collection}/version`;
    const refused = await call(shop, target, { token: nobody, body: armoured() });
    expect([refused.status, refused.body.error]).toEqual([
      403,
      "backup window does not allow you to send a backup at this time. You need a token that has a special permission 'uploadsAnytime'",
    ]);
    expect((await uploadTo(collection, armoured())).status).toBe(200);
    const operationsScope = { elements: [{ type: 'collection', name: collection, roles: ['backupUploader'] }] };
    const scoped = await shop.login('admin', 'secret', { operationsScope });
    expect((await call(shop, target, { token: scoped, body: armoured() })).status).toBe(403);
    await fresh(collection, { windows: [{ from: 'nonsense', duration: '1m' }] });
    const list = await call(shop, `GET /api/stable/repository/collection/${collection}/version`, { token });
    expect(list.status).toBe(200);
  });

  it('rotates the oldest out and never gives a number twice', async () => {
    const collection = await fresh('rotation');
    for (let round = 0; round < 5; round += 1) {
      expect((await uploadTo(collection, armoured())).status).toBe(200);
    }
    expect(await versionsOf(collection)).toEqual([3, 4, 5]);
    expect((await stored(collection)).sort()).toEqual(['shop-db-3.tar.gz', 'shop-db-4.tar.gz', 'shop-db-5.tar.gz']);
    await fresh(collection, { maxBackupsCount: 1 });
    await uploadTo(collection, 'no message');
    expect(await versionsOf(collection)).toEqual([3, 4, 5]);
    await uploadTo(collection, armoured());
    expect(await versionsOf(collection)).toEqual([6]);
  });

  it('stores nothing of a body that breaks off, is malformed or is taken back in time', async () => {
    const collection = await fresh('broken-off');
    const head = (more: Record<string, string>) =>
      requestHead(`POST /api/alpha/repository/collection/${collection}/version`, {
        authorization: `Bearer ${token}`,
        ...more,
      });
    const body = armoured(5000);
    const cases: [string, Record<string, string>, (string | Uint8Array)[]][] = [
      ['short of its length', { 'content-length': String(body.length + 1) }, [body]],
      ['without the last chunk', { 'transfer-encoding': 'chunked' }, [chunk(body)]],
      ['half a last chunk', { 'transfer-encoding': 'chunked' }, [chunk(body), '0\r\n']],
      ['malformed chunk', { 'transfer-encoding': 'chunked' }, [chunk(body), 'zz\r\n']],
      ['taken back after the end', { 'transfer-encoding': 'chunked' }, [chunk(body), '0\r\n\r\n']],
    ];
    for (const [label, headers, parts] of cases) {
      const before = shop.logs.length;
      const client = await rawClient(shop);
      await client.send(head(headers));
      for (const part of parts) {
        await client.send(part);
      }
      client.socket.destroy();
      await eventually(() => shop.logs.slice(before).some((line) => line.includes('"route"') && line.includes('POST')));
      expect([await versionsOf(collection), await stored(collection), await staged()], label).toEqual([[], [], []]);
    }
    expect((await uploadTo(collection, body)).body.data.version.versionNumber).toBe(1);
  });

  it('has its collection to itself', async () => {
    const collection = await fresh('alone');
    const body = armoured();
    const first = await rawClient(shop);
    await first.send(
      requestHead(`POST /api/alpha/repository/collection/${collection}/version`, {
        authorization: `Bearer ${token}`,
        'content-length': String(body.length),
      }),
    );
    await first.send(body.subarray(0, 50));
    await eventually(async () => (await staged()).length === 1);
    const second = await uploadTo(collection, body);
    expect([second.status, second.body.error]).toEqual([500, 'cannot upload to same collection in parallel']);
    await first.send(body.subarray(50));
    expect(await first.receive(/\r\n\r\n/)).toMatch(/200 OK/);
    expect((await uploadTo(collection, body)).status).toBe(200);
    first.socket.destroy();
  });

  it('is answered at once when it is refused, without its body being read', async () => {
    const started = performance.now();
    const client = await rawClient(shop);
    const head = { authorization: 'Bearer a.b.c', 'content-length': '10000000000' };
    await client.send(requestHead('POST /api/alpha/repository/collection/shop-db/version', head));
    expect(await client.receive(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 401/);
    expect(performance.now() - started).toBeLessThan(1000);
    client.socket.destroy();
  });
});

it('ends uploads that take longer than allowed', async () => {
  const slow = await createShop({ uploadTimeout: 200 });
  const client = await rawClient(slow);
  const authorization = `Bearer ${await slow.login('admin')}`;
  const head = { authorization, 'content-length': '500' };
  await client.send(requestHead('POST /api/alpha/repository/collection/shop-db/version', head));
  await client.send(armoured().subarray(0, 50));
  expect(await client.receive(/too long/)).toMatch(/^HTTP\/1\.1 408[\s\S]*Request took too long/);
  client.socket.destroy();
  await eventually(async () => (await readdir(path.join(slow.home, 'blobs', '.staging'))).length === 0);
  await slow.stop();
});
