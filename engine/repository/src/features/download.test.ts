import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call } from '../testing/api.ts';
import { createShop, type Harness } from '../testing/harness.ts';
import { armoured, sha256 } from '../testing/messages.ts';
import { contentDisposition } from './download.ts';

let shop: Harness;
let token: string;
const messages = [armoured(300), armoured(900_000)];
beforeAll(async () => {
  shop = await createShop();
  token = await shop.login('admin');
  for (const body of messages) {
    await call(shop, 'POST /api/alpha/repository/collection/shop-db/version', { token, body });
  }
});
afterAll(() => shop.stop());

const get = (version: string, headers: Record<string, string> = {}, channel = 'alpha') =>
  fetch(`${shop.url}/api/${channel}/repository/collection/shop-db/version/${version}`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = messages;

it('finds versions by all their names', async () => {
  for (const [name, message] of [
    ['latest', second],
    ['1', first],
    ['v2', second],
    ['02', second],
    ['v01', first],
  ] as const) {
    const response = await get(name);
    expect(response.status, name).toBe(200);
    expect((await bytesOf(response)).equals(message), name).toBe(true);
  }
  for (const name of ['vlatest', 'vv1', '-1', 'x', '3', '0', '1e0', '9'.repeat(30), '%2e%2e%2f', 'latest%00']) {
    const response = await get(name);
    expect([response.status, ((await response.json()) as { error: string }).error], name).toEqual([
      404,
      'cannot find specified version',
    ]);
  }
});

it('says what it is and how to check it', async () => {
  const { headers } = await get('1', {}, 'stable');
  expect(headers.get('content-type')).toBe('application/octet-stream');
  expect(headers.get('content-disposition')).toBe('attachment; filename="shop-db-1.tar.gz"');
  expect(headers.get('content-length')).toBe(String(first.length));
  expect(headers.get('etag')).toBe(`"${sha256(first)}"`);
  const base64 = Buffer.from(sha256(first), 'hex').toString('base64');
  expect(headers.get('repr-digest')).toBe(`sha-256=:${base64}:`);
  expect(headers.get('x-version')).toBe('1');
  expect((await get('latest', { range: 'bytes=0-0' })).headers.get('x-version')).toBe('2');
});

it('gives ranges of one version', async () => {
  const size = second.length;
  const cases: [string, number, number][] = [
    ['bytes=0-0', 0, 1],
    ['bytes=500000-', 500_000, size],
    ['bytes=-10', size - 10, size],
    ['bytes=10-99999999', 10, size],
  ];
  for (const [range, start, end] of cases) {
    const response = await get('latest', { range, 'if-match': `"${sha256(second)}"` });
    expect(response.status, range).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${size}`);
    expect((await bytesOf(response)).equals(second.subarray(start, end)), range).toBe(true);
  }
  expect((await get('latest', { range: `bytes=${size}-` })).status).toBe(416);
  expect((await get('latest', { range: 'bytes=-0' })).status).toBe(416);
  expect((await get('latest', { range: 'bytes=5-1' })).status).toBe(200);
  expect((await get('latest', { range: 'bytes=0-1,3-4' })).status).toBe(200);
  expect((await get('latest', { 'if-match': `"${sha256(first)}"` })).status).toBe(412);
  expect((await get('latest', { range: 'bytes=0-1', 'if-range': '"other"' })).status).toBe(200);
});

it('cuts the connection instead of delivering damaged bytes as a whole', async () => {
  const file = path.join(shop.home, 'blobs', 'shop-db', 'shop-db-2.tar.gz');
  const bytes = await readFile(file);
  await truncate(file, 100);
  const short = await get('2');
  expect([short.status, short.headers.get('x-version')]).toEqual([500, '2']);
  expect(await short.text()).toMatch(/cannot read from storage: .*\(version 2\)/);
  await rm(file);
  const missing = await get('latest');
  expect([missing.status, await missing.text()]).toEqual([500, expect.stringContaining('cannot read from storage: ')]);
  bytes.write('!', 450_000);
  await writeFile(file, bytes);
  const damaged = await get('2');
  expect(damaged.status).toBe(200);
  await expect(damaged.arrayBuffer()).rejects.toThrow();
  // Whoever repeats at once must not be given the same again, and by the number never an older one.
  for (const version of ['2', 'v2']) {
    const again = await get(version);
    expect([again.status, again.headers.get('x-version')]).toEqual([409, '2']);
    expect(await again.text()).toMatch(/version 2 is known to be bad: .*; the newest good one is 1\./);
  }
  const pinned = await get('latest', { range: 'bytes=500000-', 'if-match': `"${sha256(second)}"` });
  expect([409, 412]).toContain(pinned.status);
});

it('says so when every version is bad', async () => {
  const file = path.join(shop.home, 'blobs', 'shop-db', 'shop-db-1.tar.gz');
  await writeFile(file, Buffer.alloc(first.length));
  await expect(get('1').then((response) => response.arrayBuffer())).rejects.toThrow();
  await expect.poll(async () => (await get('latest')).status).toBe(404);
  expect(await (await get('latest')).text()).toMatch(/every version of this collection is known to be bad: 1, 2\./);
  expect(await (await get('1')).text()).toContain('there is no good one');
});

it('writes names that no header can be broken with', () => {
  expect(contentDisposition('a"b\\c\r\nd.gz')).toBe(
    `attachment; filename="a_b_c__d.gz"; filename*=UTF-8''a%22b%5Cc%0D%0Ad.gz`,
  );
  expect(contentDisposition('zażółć.gz')).toBe(
    `attachment; filename="za____.gz"; filename*=UTF-8''za%C5%BC%C3%B3%C5%82%C4%87.gz`,
  );
});
