import { createHash } from 'node:crypto';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { call } from '../testing/api.ts';
import { collectionSpec, createShop, type Harness } from '../testing/harness.ts';
import { armoured } from '../testing/messages.ts';

let shop: Harness;
let token: string;
let now = new Date('2026-11-22T01:10:00Z');
beforeAll(async () => {
  shop = await createShop({ healthCheckKey: 'changeme', timeZone: 'UTC', clock: { now: () => now } });
  token = await shop.login('admin');
});
afterAll(() => shop.stop());

const names = ['DbValidator', 'StorageAvailabilityValidator', 'ConfigurationProviderValidator'];
const health = (collection: string, query = '', headers: Record<string, string> = {}) =>
  call(shop, `GET /api/stable/repository/collection/${collection}/health${query}`, { headers });

it('is ready for those who know the code', async () => {
  const byHeader = await call(shop, 'GET /ready?code=wrong', { headers: { authorization: 'changeme' } });
  expect(byHeader.status).toBe(200);
  expect(byHeader.body.data.health).toEqual(
    names.map((name) => ({ message: 'OK', name, status: true, statusText: `${name}=true` })),
  );
  expect((await call(shop, 'GET /ready?code=changeme')).status).toBe(200);
  const refused = await call(shop, 'GET /ready?code=changeme', { headers: { authorization: 'Bearer x' } });
  expect([refused.status, refused.body.error]).toEqual([
    403,
    "health code invalid. Should be provided withing 'Authorization' header or 'code' query string. Must match --health-check-code commandline switch value",
  ]);
});

it('says which part is not usable', async () => {
  const blobs = path.join(shop.home, 'blobs');
  const configuration = path.join(shop.home, 'configuration');
  await rename(blobs, `${blobs}-away`);
  await rename(configuration, `${configuration}-away`);
  const answer = await call(shop, 'GET /ready?code=changeme');
  await rename(`${blobs}-away`, blobs);
  await rename(`${configuration}-away`, configuration);
  expect([answer.status, answer.body.error]).toEqual([500, 'one of checks failed']);
  expect(answer.body.data.health.map((item: { status: boolean }) => item.status)).toEqual([true, false, false]);
  expect(answer.text).toContain('storage not operable: ');
  expect(answer.text).toContain('configuration provider is not usable: ');
  expect(answer.text).not.toContain(shop.home);
});

it('checks windows, sizes and sums of a collection', async () => {
  await shop.put('BackupCollection', 'night', {
    ...collectionSpec,
    windows: [{ from: '0 1 * * *', duration: '30m' }],
  });
  expect((await health('shop-db')).status).toBe(200);
  const emptyOne = await health('night');
  expect(emptyOne.body.data.health[0].message).toBe('cannot find any backup in the collection: not found');

  const upload = await call(shop, 'POST /api/alpha/repository/collection/night/version', {
    token,
    body: armoured(2000),
  });
  expect(upload.status, upload.text).toBe(200);
  now = new Date('2026-11-22T12:00:00Z');
  const healthy = await health('night');
  expect(healthy.body.data.health.map((item: { statusText: string }) => item.statusText)).toEqual([
    'BackupWindowValidator=true',
    'VersionsSizeValidator=true',
    'SumOfVersionsValidator=true',
    'VerificationValidator=true',
    'RetentionValidator=true',
  ]);
  now = new Date('2026-11-23T12:00:00Z');
  const late = await health('night');
  expect(late.status).toBe(500);
  expect(late.body.data.health[0].message).toBe(
    'previous backup was not executed in expected time slots: interval(0 1 * * *) + 30m. Latest backup created at: 2026-11-22 01:10:00 +0000 UTC',
  );
  await shop.put('BackupCollection', 'night', { ...collectionSpec, maxOneVersionSize: '1K', maxCollectionSize: '3K' });
  expect((await health('night')).body.data.health[1].message).toMatch(
    /^maximum filesize is bigger than collection soft limit per file\. Failed file: shop-db-1\.tar\.gz \(size=\d+b\)$/,
  );
  now = new Date();
  token = await shop.login('admin');
});

it('asks for the code of a collection', async () => {
  const hash = createHash('sha256').update('monitor').digest('hex');
  await shop.putSecret('codes', { shop: hash });
  const ref = { ...collectionSpec, healthSecretRef: { name: 'codes', entry: 'shop' } };
  await shop.put('BackupCollection', 'coded', ref);
  expect((await health('coded', '?code=monitor')).status).toBe(200);
  expect((await health('coded', '', { authorization: 'monitor' })).status).toBe(200);
  const refused = await health('coded', '?code=x', { authorization: 'monitor' });
  expect([refused.status, refused.body.error]).toEqual([
    403,
    "not authorized - invalid value of 'code' parameter in query string",
  ]);
  await shop.put('BackupCollection', 'coded', { ...ref, healthSecretRef: { name: 'absent', entry: 'shop' } });
  expect((await health('coded', '?code=monitor')).status).toBe(500);
  expect((await health('unknown')).body.error).toBe('cannot find specified collection');
});
