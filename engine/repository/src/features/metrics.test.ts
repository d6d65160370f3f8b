import { afterEach, expect, it } from 'vitest';
import { call } from '../testing/api.ts';
import { createShop, type Harness } from '../testing/harness.ts';
import { armoured } from '../testing/messages.ts';

let shop: Harness;
afterEach(() => shop.stop());

const metricsToken = 'canary-metrics-token';
const figureOf = (text: string, series: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length + 1),
  );

it('are off until there is a token, and need it then', async () => {
  shop = await createShop();
  expect((await call(shop, 'GET /metrics')).status).toBe(404);
  await shop.stop();
  shop = await createShop({ metricsToken });
  expect((await call(shop, 'GET /metrics')).status).toBe(403);
  expect((await call(shop, 'GET /metrics', { token: 'wrong' })).status).toBe(403);
  expect((await call(shop, 'GET /metrics', { token: metricsToken })).status).toBe(200);
});

it('count requests by route, and say what each collection holds', async () => {
  shop = await createShop({ metricsToken });
  const token = await shop.login('admin');
  const body = armoured(5000);
  const base = '/api/stable/repository/collection/shop-db';
  await call(shop, `POST ${base}/version`, { token, body });
  await call(shop, `POST ${base}/uploads`, { token, json: { key: 'a-key-of-sixteen-letters', expectedBytes: 700 } });
  await expect(shop.login('admin', 'wrong')).rejects.toThrow();
  for (const path of ['/a', '/b', '/c?token=canary-query']) {
    await call(shop, `GET ${path}`);
  }
  const { text } = await call(shop, 'GET /metrics', { token: metricsToken });
  const of = (name: string, labels = '{collection="shop-db"}') =>
    figureOf(text, `backstay_repository_${name}${labels}`);
  expect(of('collection_versions')).toBe(1);
  expect(of('collection_stored_bytes')).toBe(body.length);
  expect(of('collection_reserved_bytes')).toBe(700);
  expect(of('collection_quota_bytes')).toBe(5 * 1024 ** 2);
  expect(Math.abs(of('collection_last_good_backup_timestamp_seconds') - Date.now() / 1000)).toBeLessThan(60);
  expect(of('login_failures_total', '{reason="refused"}')).toBe(1);
  const upload = '{method="POST",route="/api/stable/repository/collection/:collectionId/version",status="200"}';
  expect(of('http_requests_total', upload)).toBe(1);
  expect(of('http_requests_total', '{method="GET",route="unknown",status="404"}')).toBe(3);
  const route = '{route="/api/stable/repository/collection/:collectionId/version"}';
  expect(of('received_bytes_total', route)).toBeGreaterThan(body.length);
  expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
  expect(text).toMatch(/^process_resident_memory_bytes /m);
  expect(text).not.toContain('canary');
});

it('have an address of their own, if that is wanted', async () => {
  shop = await createShop({ metricsListen: { host: '127.0.0.1', port: 0 } });
  const response = await fetch(`http://127.0.0.1:${shop.metricsPort}/metrics`);
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('backstay_repository_collection_versions{collection="shop-db"} 0');
  expect((await fetch(`http://127.0.0.1:${shop.metricsPort}/api/stable/users`)).status).toBe(404);
});

it('no output holds a secret', async () => {
  shop = await createShop({ metricsToken, healthCheckKey: 'canary-health' });
  const token = await shop.login('admin');
  const json = { name: 'new', email: 'x', roles: [], password: 'canary-password' };
  const outputs = [await call(shop, 'POST /api/stable/users', { token, json })];
  const key = { name: 'k', objects: [{ type: 'collection', name: 'shop-db', roles: ['backupUploader'] }] };
  const made = await call(shop, 'POST /api/stable/users/new/access-keys', { token, json: key });
  const { secret } = made.body.data;
  const keySession = await shop.login('new$k', secret);
  for (const target of [
    'GET /ready?code=canary-health',
    'GET /nowhere?password=canary-query',
    'GET /canary-path',
    'GET /api/stable/audit',
    'GET /api/stable/users',
    'GET /api/stable/users/new/access-keys',
    'GET /api/stable/auth/token?userName=new',
  ]) {
    const headers = { 'x-request-id': 'canary secret', cookie: 'jwt=canary-cookie' };
    outputs.push(await call(shop, target, { token, headers }));
  }
  outputs.push(await call(shop, 'GET /metrics', { token: metricsToken }));
  await expect(shop.login('canary-name', 'canary-password')).rejects.toThrow();
  const everything = [...outputs.map(({ text }) => text), ...shop.logs].join('\n');
  for (const canary of ['canary', secret, token, keySession, 'argon2id', 'JGFyZ29u']) {
    expect(everything).not.toContain(canary);
  }
});
