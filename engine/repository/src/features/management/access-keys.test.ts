import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call } from '../../testing/api.ts';
import { createShop, type Harness } from '../../testing/harness.ts';
import { askingOf, collection, collections, password, users } from '../../testing/management.ts';
import { armoured } from '../../testing/messages.ts';

let shop: Harness;
let admin: string;
beforeEach(async () => {
  shop = await createShop();
  admin = await shop.login('admin');
});
afterEach(() => shop.stop());

const { send, statusOf } = askingOf(() => shop);

describe('access keys', () => {
  const objects = [{ type: 'collection', name: 'shop-db', roles: ['backupUploader'] }];
  const keys = `${users}/admin/access-keys`;
  const whoami = (token: string) => statusOf('GET /api/stable/auth/whoami', token);

  it('are made with a secret that is shown once, used, and revoked with their sessions', async () => {
    const made = await send(`POST ${keys}`, admin, { name: 'nightly', objects });
    expect(made.status).toBe(201);
    const { secret, username } = made.body.data;
    expect(username).toBe('admin$nightly');
    const session = await shop.login(username, secret);
    expect((await call(shop, `POST ${collections}/shop-db/version`, { token: session, body: armoured() })).status).toBe(
      200,
    );
    expect(await statusOf(`GET ${collections}/shop-db/version/latest`, session)).toBe(403);
    const list = await send(`GET ${keys}`, admin);
    expect(list.text).not.toMatch(/bsk_|argon|JGFyZ29u/);
    expect(list.body.data.accessKeys).toEqual([
      expect.objectContaining({
        name: 'nightly',
        objects,
        createdBy: 'admin',
        lastUsedIp: '127.0.0.1',
        expiresAt: null,
      }),
    ]);
    expect(list.body.data.accessKeys[0].lastUsedAt).not.toBeNull();
    expect(await statusOf(`POST ${keys}`, admin, { name: 'nightly', objects })).toBe(409);
    expect(await statusOf(`DELETE ${keys}/nightly`, admin)).toBe(200);
    expect(await whoami(session)).toBe(403);
    await expect(shop.login(username, secret)).rejects.toThrow();
    expect(await statusOf(`DELETE ${keys}/nightly`, admin)).toBe(404);
    const again = await send(`POST ${keys}`, admin, { name: 'nightly', objects });
    expect(again.body.data.accessKey.lastUsedAt).toBeNull();
    expect(await whoami(session)).toBe(403);
  });

  it('rotate, with and without an overlap', async () => {
    const first = (await send(`POST ${keys}`, admin, { name: 'k', objects })).body.data;
    const session = await shop.login(first.username, first.secret);
    const second = (await send(`POST ${keys}/k/rotate`, admin, { overlap: '1h' })).body.data;
    expect(second.secret).not.toBe(first.secret);
    expect(second.accessKey.previousSecretUntil).not.toBeNull();
    expect(await whoami(session)).toBe(200);
    const late = await shop.login(first.username, first.secret);
    const { expiresAt } = (await send('GET /api/stable/auth/whoami', late)).body.data.grantedAccess;
    expect(new Date(expiresAt).getTime()).toBeLessThan(Date.now() + 3_601_000);
    await shop.login(first.username, second.secret);
    const third = (await send(`POST ${keys}/k/rotate`, admin, {})).body.data;
    expect(await whoami(session)).toBe(403);
    for (const old of [first.secret, second.secret]) {
      await expect(shop.login(first.username, old)).rejects.toThrow();
    }
    await shop.login(first.username, third.secret);
    expect(await statusOf(`POST ${keys}/k/rotate`, admin, { overlap: '9000h' })).toBe(422);
  });

  it('expire, also under a running session', async () => {
    expect(await statusOf(`POST ${keys}`, admin, { name: 'k', objects, expiresAt: '2020-01-01T00:00:00Z' })).toBe(422);
    const made = (await send(`POST ${keys}`, admin, { name: 'k', objects })).body.data;
    const session = await shop.login(made.username, made.secret);
    const soon = new Date(Date.now() + 1200).toISOString();
    expect(await statusOf(`PATCH ${keys}/k`, admin, { expiresAt: soon })).toBe(200);
    expect(await whoami(session)).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1300));
    expect(await whoami(session)).toBe(403);
    await expect(shop.login(made.username, made.secret)).rejects.toThrow();
  });

  it('manage nothing: neither with a key nor with a scope', async () => {
    const made = (await send(`POST ${keys}`, admin, { name: 'k', objects })).body.data;
    const limited = [
      await shop.login(made.username, made.secret),
      await shop.login('admin', 'secret', { operationsScope: { elements: objects } }),
    ];
    for (const token of limited) {
      expect(await statusOf(`GET ${users}`, token)).toBe(403);
      expect(await statusOf(`POST ${users}`, token, { name: 'x', email: '', roles: [] })).toBe(403);
      expect(await statusOf(`POST ${keys}`, token, { name: 'x', objects })).toBe(403);
      expect(await statusOf(`POST ${keys}/k/rotate`, token, {})).toBe(403);
      expect(await statusOf(`POST ${users}/admin/password`, token, { password, currentPassword: 'secret' })).toBe(403);
      expect(await statusOf(`POST ${collections}`, token, { name: 'x', ...collection })).toBe(403);
      expect(await statusOf(`DELETE ${collections}/shop-db`, token)).toBe(403);
      expect(await statusOf('GET /api/stable/audit', token)).toBe(403);
      expect(await statusOf(`DELETE ${users}/admin/sessions`, token)).toBe(403);
    }
  });

  it('die together when all sessions are revoked', async () => {
    const made = (await send(`POST ${keys}`, admin, { name: 'k', objects })).body.data;
    const session = await shop.login(made.username, made.secret);
    const other = await shop.login('admin');
    expect((await send(`DELETE ${users}/admin/sessions?accessKeyName=k`, admin)).body.data.revoked).toBe(1);
    expect([await whoami(session), await whoami(other)]).toEqual([403, 200]);
    expect((await send(`DELETE ${users}/admin/sessions`, admin)).body.data.revoked).toBe(2);
    expect([await whoami(admin), await whoami(other)]).toEqual([403, 403]);
  });
});
