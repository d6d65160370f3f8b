import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call } from '../testing/api.ts';
import { collectionSpec, createShop, type Harness } from '../testing/harness.ts';
import { armoured, binaryMessage, sha256 } from '../testing/messages.ts';
import { chunk, eventually, rawClient, requestHead } from '../testing/raw-client.ts';

let shop: Harness;
let token: string;
beforeAll(async () => {
  shop = await createShop();
  token = await shop.login('admin');
});
afterAll(() => shop.stop());

let counter = 0;
const newKey = (): string => `key-${String(counter++).padStart(16, '0')}`;
const at = (collection: string): string => `/api/stable/repository/collection/${collection}`;
const open = (collection: string, json: Record<string, unknown> = { key: newKey() }, as = token) =>
  call(shop, `POST ${at(collection)}/uploads`, { token: as, json });
const append = (collection: string, id: string, part: { offset: number; body: Uint8Array; as?: string }) =>
  call(shop, `PATCH ${at(collection)}/uploads/${id}`, {
    token: part.as ?? token,
    headers: { 'upload-offset': String(part.offset) },
    body: part.body,
  });
const finalise = (collection: string, id: string, message: Uint8Array) =>
  call(shop, `POST ${at(collection)}/uploads/${id}/finalise`, {
    token,
    json: { sha256: sha256(message), size: message.length },
  });
const inspect = (collection: string, id: string) => call(shop, `GET ${at(collection)}/uploads/${id}`, { token });
const usageOf = async (collection: string) =>
  (await call(shop, `GET ${at(collection)}/usage`, { token })).body.data.usage;
const versionsOf = async (collection: string): Promise<number[]> => {
  const answer = await call(shop, `GET ${at(collection)}/version`, { token });
  return answer.body.data.versions.map((version: { versionNumber: number }) => version.versionNumber);
};
const staged = async (): Promise<string[]> => readdir(path.join(shop.home, 'blobs', '.staging')).catch(() => []);
const fresh = async (name: string, more: Record<string, unknown> = {}) => {
  await shop.put('BackupCollection', name, { ...collectionSpec, ...more });
  return name;
};

it('reserves, appends in parts, commits once and gives the digest', async () => {
  const collection = await fresh('parts');
  const key = newKey();
  const opened = await open(collection, { key });
  expect(opened.status).toBe(201);
  const upload = opened.body.data.upload;
  expect(upload).toMatchObject({ key, state: 'open', offset: 0, maxBytes: 3 * 1024 ** 2 });
  expect((await open(collection, { key })).body.data.upload.id).toBe(upload.id);
  expect(await usageOf(collection)).toEqual({
    usedBytes: 0,
    reservedBytes: 3 * 1024 ** 2,
    maxTotalBytes: 5 * 1024 ** 2,
    maxVersionBytes: 1024 ** 2,
    maxVersions: 3,
    versions: 0,
  });
  const message = armoured(50_000);
  const [first, second] = [message.subarray(0, 7), message.subarray(7)];
  expect((await append(collection, upload.id, { offset: 0, body: first })).body.data.upload.offset).toBe(7);
  const wrong = await append(collection, upload.id, { offset: 0, body: first });
  expect([wrong.status, wrong.body.data.upload.offset, wrong.headers.get('upload-offset')]).toEqual([409, 7, '7']);
  expect(await versionsOf(collection)).toEqual([]);
  await append(collection, upload.id, { offset: 7, body: second });
  const done = await finalise(collection, upload.id, message);
  expect(done.status, done.text).toBe(200);
  expect(done.body.data.version).toMatchObject({ versionNumber: 1, sha256: sha256(message), filesize: message.length });
  expect((await finalise(collection, upload.id, message)).body).toEqual(done.body);
  const settled = await inspect(collection, key);
  expect(settled.body.data.upload).toMatchObject({ state: 'committed', version: done.body.data.version });
  expect((await call(shop, `DELETE ${at(collection)}/uploads/${upload.id}`, { token })).status).toBe(409);
  expect(await versionsOf(collection)).toEqual([1]);
  expect(await usageOf(collection)).toMatchObject({ usedBytes: message.length, reservedBytes: 0, versions: 1 });
  expect(await staged()).toEqual([]);
});

it('refuses what differs, is no message or is empty, and gives the reservation back', async () => {
  const collection = await fresh('refused');
  const message = binaryMessage(3000);
  const attempt = async (sent: Uint8Array, promised: Uint8Array) => {
    const { id } = (await open(collection)).body.data.upload;
    await append(collection, id, { offset: 0, body: sent });
    const done = await finalise(collection, id, promised);
    const { state, reason } = (await inspect(collection, id)).body.data.upload;
    expect([done.status, state]).toEqual([422, 'aborted']);
    expect(reason).toBe(done.body.error);
    expect((await finalise(collection, id, sent)).status).toBe(409);
    return done.body.error;
  };
  const flipped = Buffer.from(message);
  flipped.writeUInt8(flipped.readUInt8(1000) ^ 1, 1000);
  expect(await attempt(flipped, message)).toMatch(/SHA-256/);
  expect(await attempt(message.subarray(0, 2999), message)).toMatch(/size/);
  expect(await attempt(Buffer.from('plain'), Buffer.from('plain'))).toMatch(/valid GPG header/);
  expect(await attempt(Buffer.alloc(0), Buffer.alloc(0))).toBe('sent empty data');
  expect(await versionsOf(collection)).toEqual([]);
  expect(await usageOf(collection)).toMatchObject({ reservedBytes: 0 });
  expect(await staged()).toEqual([]);
});

it('never grants more than fits', async () => {
  const collection = await fresh('quota');
  expect((await open(collection, { key: newKey(), expectedBytes: 4 * 1024 ** 2 })).status).toBe(413);
  const small = await open(collection, { key: newKey(), expectedBytes: 10 });
  expect(small.body.data.upload.maxBytes).toBe(10);
  const over = await append(collection, small.body.data.upload.id, { offset: 0, body: armoured() });
  expect(over.status).toBe(413);
  expect(over.body.error).toMatch(/^filesize reached allowed limit/);
  expect((await inspect(collection, small.body.data.upload.id)).body.data.upload.state).toBe('aborted');
  const answers = await Promise.all(Array.from({ length: 12 }, () => open(collection)));
  const granted = answers.filter((answer) => answer.status === 201).map((answer) => answer.body.data.upload.maxBytes);
  expect(answers.filter((answer) => answer.status === 413).length).toBe(12 - granted.length);
  expect(granted.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(5 * 1024 ** 2);
  const { reservedBytes } = await usageOf(collection);
  expect(reservedBytes).toBe(granted.reduce((sum, bytes) => sum + bytes, 0));
});

it('keeps what a cut connection delivered and goes on there', async () => {
  const collection = await fresh('resumed');
  const { id } = (await open(collection)).body.data.upload;
  const message = armoured(40_000);
  const client = await rawClient(shop);
  await client.send(
    requestHead(`PATCH ${at(collection)}/uploads/${id}`, {
      authorization: `Bearer ${token}`,
      'upload-offset': '0',
      'transfer-encoding': 'chunked',
    }),
  );
  await client.send(chunk(message.subarray(0, 12_345)));
  await eventually(async () => (await inspect(collection, id)).body.data.upload.offset === 12_345);
  expect((await finalise(collection, id, message)).status).toBe(409);
  client.socket.resetAndDestroy();
  await eventually(async () => {
    const { expiresAt, offset } = (await inspect(collection, id)).body.data.upload;
    return offset === 12_345 && Date.parse(expiresAt) - Date.now() <= 60_000;
  });
  const rest = await append(collection, id, { offset: 12_345, body: message.subarray(12_345) });
  expect(rest.status, rest.text).toBe(200);
  expect((await finalise(collection, id, message)).status).toBe(200);
});

it('lets a new connection take over from one that hangs', async () => {
  const collection = await fresh('taken-over');
  const { id } = (await open(collection)).body.data.upload;
  const message = armoured(4000);
  const hanging = await rawClient(shop);
  await hanging.send(
    requestHead(`PATCH ${at(collection)}/uploads/${id}`, {
      authorization: `Bearer ${token}`,
      'upload-offset': '0',
      'content-length': String(message.length),
    }),
  );
  await hanging.send(message.subarray(0, 1000));
  await eventually(async () => (await inspect(collection, id)).body.data.upload.offset === 1000);
  const rest = await append(collection, id, { offset: 1000, body: message.subarray(1000) });
  expect(rest.status, rest.text).toBe(200);
  expect(await hanging.receive(/continues/)).toMatch(/^HTTP\/1\.1 409/);
  expect((await finalise(collection, id, message)).status).toBe(200);
  hanging.socket.destroy();
});

it('gives a key to one version, however often it is finalised at once', async () => {
  const collection = await fresh('once');
  const { id } = (await open(collection)).body.data.upload;
  const message = armoured(4000);
  await append(collection, id, { offset: 0, body: message });
  const answers = await Promise.all(Array.from({ length: 8 }, () => finalise(collection, id, message)));
  expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
  expect(await versionsOf(collection)).toEqual([1]);
});

it('belongs to who began it', async () => {
  const accessControl = [{ name: 'nobody', type: 'user', roles: ['backupUploader'] }];
  const collection = await fresh('owned', { accessControl });
  const nobody = await shop.login('nobody');
  const key = newKey();
  const { id } = (await open(collection, { key })).body.data.upload;
  expect((await append(collection, id, { offset: 0, body: armoured(), as: nobody })).status).toBe(404);
  expect((await call(shop, `DELETE ${at(collection)}/uploads/${id}`, { token: nobody })).status).toBe(404);
  expect((await open(collection, { key }, nobody)).status).toBe(409);
  const elsewhere = await fresh('elsewhere');
  expect((await inspect(elsewhere, id)).status).toBe(404);
  await fresh('owned');
  expect((await open(collection, { key: newKey() }, nobody)).status).toBe(403);
});

it('can be aborted, again and again', async () => {
  const collection = await fresh('aborted');
  const { id } = (await open(collection)).body.data.upload;
  await append(collection, id, { offset: 0, body: armoured() });
  for (let round = 0; round < 2; round += 1) {
    const answer = await call(shop, `DELETE ${at(collection)}/uploads/${id}`, { token });
    expect([answer.status, answer.body.data.upload.state]).toEqual([200, 'aborted']);
  }
  expect((await append(collection, id, { offset: 0, body: armoured() })).status).toBe(409);
  expect(await usageOf(collection)).toMatchObject({ reservedBytes: 0 });
  expect(await staged()).toEqual([]);
});

it('refuses requests that cannot be understood', async () => {
  const collection = await fresh('malformed');
  for (const json of [
    {},
    { key: 'short' },
    { key: 'has spaces in its middle' },
    { key: newKey(), expectedBytes: -1 },
    [],
  ]) {
    expect((await open(collection, json as Record<string, unknown>)).status).toBe(400);
  }
  const { id } = (await open(collection)).body.data.upload;
  for (const offset of ['', '-1', 'x', '1e3']) {
    const answer = await call(shop, `PATCH ${at(collection)}/uploads/${id}`, {
      token,
      headers: { 'upload-offset': offset },
      body: 'x',
    });
    expect(answer.status, offset).toBe(400);
  }
  expect((await call(shop, `POST ${at(collection)}/uploads/${id}/finalise`, { token, json: { size: 1 } })).status).toBe(
    400,
  );
  expect((await inspect(collection, 'unknown')).status).toBe(404);
});

it('lets an expired token end only what it began', async () => {
  let now = new Date();
  const timed = await createShop({ clock: { now: () => now } });
  const mine = await timed.login('admin', 'secret', { lifetime: '10m' });
  const opened = await call(timed, `POST ${at('shop-db')}/uploads`, { token: mine, json: { key: newKey() } });
  const message = armoured();
  const { id } = opened.body.data.upload;
  const other = await timed.login('admin', 'secret', { lifetime: '10m' });
  now = new Date(now.getTime() + 11 * 60_000);
  const part = { headers: { 'upload-offset': '0' }, body: message };
  expect((await call(timed, `PATCH ${at('shop-db')}/uploads/${id}`, { token: other, ...part })).status).toBe(401);
  expect((await call(timed, `PATCH ${at('shop-db')}/uploads/${id}`, { token: mine, ...part })).status).toBe(200);
  expect((await call(timed, `POST ${at('shop-db')}/uploads`, { token: mine, json: { key: newKey() } })).status).toBe(
    401,
  );
  const done = await call(timed, `POST ${at('shop-db')}/uploads/${id}/finalise`, {
    token: mine,
    json: { sha256: sha256(message), size: message.length },
  });
  expect(done.status).toBe(200);
  await timed.stop();
});
