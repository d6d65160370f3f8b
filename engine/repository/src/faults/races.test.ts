import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call } from '../testing/api.ts';
import { collectionSpec, createShop, type Harness } from '../testing/harness.ts';
import { armoured, sha256 } from '../testing/messages.ts';

let shop: Harness;
let token: string;
const maxTotalBytes = 100 * 1024;
beforeAll(async () => {
  shop = await createShop();
  token = await shop.login('admin');
  await shop.put('BackupCollection', 'tight', {
    ...collectionSpec,
    maxBackupsCount: 500,
    maxOneVersionSize: '100B',
    maxCollectionSize: '100K',
  });
});
afterAll(() => shop.stop());
const base = '/api/stable/repository/collection/tight';

const upload = async (key: string, end: 'finalise' | 'abort' | 'mismatch'): Promise<void> => {
  const message = armoured(randomInt(10, 12_000));
  const wanted = randomInt(2) === 0 ? { expectedBytes: message.length } : {};
  const opened = await call(shop, `POST ${base}/uploads`, { token, json: { key, ...wanted } });
  if (opened.status !== 201) {
    expect(opened.status).toBe(413);
    return;
  }
  const { id, maxBytes } = opened.body.data.upload;
  const sent = await call(shop, `PATCH ${base}/uploads/${id}`, {
    token,
    headers: { 'upload-offset': '0' },
    body: message,
  });
  expect(sent.status).toBe(message.length > maxBytes ? 413 : 200);
  if (end === 'abort') {
    await call(shop, `DELETE ${base}/uploads/${id}`, { token });
    return;
  }
  const digest = end === 'mismatch' ? sha256(Buffer.from('x')) : sha256(message);
  const done = await call(shop, `POST ${base}/uploads/${id}/finalise`, {
    token,
    json: { sha256: digest, size: message.length },
  });
  expect([200, 409, 422]).toContain(done.status);
};

it('stored and reserved bytes never exceed the quota, and nothing leaks', async () => {
  let over = 0;
  let most = 0;
  let watching = true;
  const watch = async (): Promise<void> => {
    while (watching) {
      const { usage } = (await call(shop, `GET ${base}/usage`, { token })).body.data;
      over = Math.max(over, usage.usedBytes + usage.reservedBytes - maxTotalBytes);
      most = Math.max(most, usage.usedBytes + usage.reservedBytes);
    }
  };
  const watcher = watch();
  for (let round = 0; round < 12; round += 1) {
    const ends = ['finalise', 'abort', 'mismatch', 'finalise', 'finalise'] as const;
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        upload(`race-${round}-${index}-of-many-uploads`, ends[index % ends.length] ?? 'abort'),
      ),
    );
  }
  watching = false;
  await watcher;
  expect(over).toBeLessThanOrEqual(0);
  // A race for room that nobody lacks would prove nothing.
  expect(most).toBeGreaterThan(maxTotalBytes / 2);
  const { usage } = (await call(shop, `GET ${base}/usage`, { token })).body.data;
  expect(usage.reservedBytes).toBe(0);
  expect(usage.versions).toBeGreaterThan(0);
});
