import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

const at = (collection: string): string => `/api/stable/repository/collection/${collection}`;
const versionsOf = async (collection: string): Promise<unknown[]> =>
  (await call(shop, `GET ${at(collection)}/version`, { token })).body.data.versions;
const reservedOf = async (collection: string): Promise<number> =>
  (await call(shop, `GET ${at(collection)}/usage`, { token })).body.data.usage.reservedBytes;
const staged = async (): Promise<string[]> => readdir(path.join(shop.home, 'blobs', '.staging')).catch(() => []);

type Death = 'destroy' | 'resetAndDestroy';

/** One write, and the connection is gone: the server learns of both before it has looked at who asks. */
async function dieAfter(request: readonly (string | Uint8Array)[], death: Death = 'destroy'): Promise<void> {
  const client = await rawClient(shop);
  await client.send(Buffer.concat(request.map((part) => Buffer.from(part))));
  client.socket[death]();
}

async function begin(name: string, wish: { expectedBytes?: number } = {}) {
  await shop.put('BackupCollection', name, collectionSpec);
  const json = { key: `key-of-${name}-0123456789`, ...wish };
  const { id } = (await call(shop, `POST ${at(name)}/uploads`, { token, json })).body.data.upload;
  const url = `${at(name)}/uploads/${id}`;
  const headOf = (offset: number, more: Record<string, string>): string =>
    requestHead(`PATCH ${url}`, { authorization: `Bearer ${token}`, 'upload-offset': String(offset), ...more });
  const state = async () => (await call(shop, `GET ${url}`, { token })).body.data.upload;
  return {
    state,
    offset: async (): Promise<number> => (await state()).offset,
    chunked: (offset: number, ...parts: Uint8Array[]) => [
      headOf(offset, { 'transfer-encoding': 'chunked' }),
      ...parts.map(chunk),
    ],
    fixed: (offset: number, length: number, part: Uint8Array) => [
      headOf(offset, { 'content-length': String(length) }),
      part,
    ],
    append: (offset: number, body: Uint8Array) =>
      call(shop, `PATCH ${url}`, { token, headers: { 'upload-offset': String(offset) }, body }),
    finalise: (message: Uint8Array) =>
      call(shop, `POST ${url}/finalise`, { token, json: { sha256: sha256(message), size: message.length } }),
  };
}

describe('an upload in parts', () => {
  it.each<[Death, number]>([
    ['destroy', 1],
    ['destroy', 5000],
    ['destroy', 60_000],
    ['resetAndDestroy', 5000],
    ['resetAndDestroy', 60_000],
  ])('keeps what came before the connection died (%s after %i bytes)', async (death, bytes) => {
    const upload = await begin(`kept-${death.toLowerCase()}-${bytes}`);
    const message = binaryMessage(200_000);
    await dieAfter(upload.chunked(0, message.subarray(0, bytes)), death);
    await eventually(async () => (await upload.offset()) === bytes);
    await dieAfter(upload.fixed(bytes, message.length - bytes, message.subarray(bytes, 2 * bytes)), death);
    await eventually(async () => (await upload.offset()) === 2 * bytes);
    expect((await upload.append(2 * bytes, message.subarray(2 * bytes))).status).toBe(200);
    expect((await upload.finalise(message)).status).toBe(200);
  });

  it('keeps more than the server buffers as well', async () => {
    const upload = await begin('burst');
    const message = binaryMessage(700_000);
    await dieAfter(upload.chunked(0, message.subarray(0, 500_000)));
    await eventually(async () => (await upload.offset()) === 500_000);
    expect((await upload.append(500_000, message.subarray(500_000))).status).toBe(200);
    expect((await upload.finalise(message)).status).toBe(200);
  });

  it('comes to its end over connections that all die early', async () => {
    const collection = 'bit-by-bit';
    const upload = await begin(collection);
    const message = binaryMessage(200_000);
    let connections = 0;
    for (let offset = 0; offset < message.length; offset = await upload.offset()) {
      const before = offset;
      await dieAfter(upload.fixed(offset, message.length - offset, message.subarray(offset, offset + 30_000)));
      await eventually(async () => (await upload.offset()) > before);
      connections += 1;
    }
    expect(connections).toBe(7);
    expect(await versionsOf(collection)).toEqual([]);
    expect((await upload.finalise(message)).status).toBe(200);
    expect(await versionsOf(collection)).toMatchObject([{ filesize: message.length, sha256: sha256(message) }]);
  });

  it('is refused for what such a connection brought as for everything else', async () => {
    const message = binaryMessage(3000);
    const flipped = Buffer.from(message);
    flipped.writeUInt8(flipped.readUInt8(100) ^ 1, 100);
    const other = await begin('other-digest');
    await dieAfter(other.chunked(0, flipped));
    await eventually(async () => (await other.offset()) === message.length);
    const done = await other.finalise(message);
    expect([done.status, done.body.error]).toEqual([422, expect.stringMatching(/SHA-256/)]);
    const large = await begin('too-large', { expectedBytes: message.length - 1 });
    await dieAfter(large.chunked(0, message));
    await eventually(async () => (await large.state()).state === 'aborted');
    expect((await large.state()).reason).toMatch(/^filesize reached allowed limit/);
    expect(await staged()).toEqual([]);
  });
});

it('leaves nothing of a plain upload whose connection died', async () => {
  const body = armoured(20_000);
  const opening = '--edge\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n';
  const form = Buffer.concat([Buffer.from(opening), body, Buffer.from('\r\n--edge--\r\n')]);
  const multipart = { 'content-type': 'multipart/form-data; boundary=edge' };
  const cases: [string, Record<string, string>, Uint8Array][] = [
    ['one byte too few', { 'content-length': String(body.length) }, body.subarray(0, -1)],
    ['half of it', { 'content-length': String(body.length) }, body.subarray(0, 10_000)],
    ['all but the last chunk', { 'transfer-encoding': 'chunked' }, chunk(body)],
    ['all but the end of the form', { ...multipart, 'content-length': String(form.length) }, form.subarray(0, -5)],
    ['all of the form, but not of the request', { ...multipart, 'content-length': String(form.length + 1) }, form],
  ];
  const collection = 'plain';
  await shop.put('BackupCollection', collection, collectionSpec);
  for (const death of ['destroy', 'resetAndDestroy'] as const) {
    for (const [label, headers, sent] of cases) {
      const before = shop.logs.length;
      const target = `POST /api/alpha/repository/collection/${collection}/version`;
      await dieAfter([requestHead(target, { authorization: `Bearer ${token}`, ...headers }), sent], death);
      await eventually(() => shop.logs.slice(before).some((line) => line.includes('"route"') && line.includes('POST')));
      expect([await versionsOf(collection), await reservedOf(collection), await staged()], label).toEqual([[], 0, []]);
    }
  }
});
