import { afterEach, beforeEach, expect, it } from 'vitest';
import { sha256Hex } from '../access/tokens.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import { createShop, type Harness, hashOnce } from '../testing/harness.ts';
import { askingOf, password, users } from '../testing/management.ts';

const keys = `${users}/admin/access-keys`;
const objects = [{ type: 'collection', name: 'shop-db', roles: ['backupDownloader'] }];

let shop: Harness;
let admin: string;
let metadata: MetadataStore;
/** Runs once, between the look at the secret and the record of the session. */
let meanwhile: (() => Promise<void>) | undefined;
let losesRevocations: boolean;
let keepsNoFingerprints: boolean;

beforeEach(async () => {
  meanwhile = undefined;
  losesRevocations = false;
  keepsNoFingerprints = false;
  shop = await createShop(
    {},
    {
      wrap: (parts) => {
        metadata = parts.metadata;
        const { sessions } = metadata;
        const record: typeof sessions.record = async (session, epoch) => {
          const work = meanwhile;
          meanwhile = undefined;
          await work?.();
          return await sessions.record(
            keepsNoFingerprints ? { ...session, secretFingerprint: undefined } : session,
            epoch,
          );
        };
        const revokeAll: typeof sessions.revokeAll = async (...args) => {
          if (losesRevocations) {
            throw new Error('the power is gone');
          }
          return await sessions.revokeAll(...args);
        };
        return { metadata: { ...metadata, sessions: { ...sessions, record, revokeAll } } };
      },
    },
  );
  admin = await shop.login('admin');
});
afterEach(() => shop.stop());

const { send, statusOf } = askingOf(() => shop);
const whoami = (token: string) => statusOf('GET /api/stable/auth/whoami', token);
const account = async (name: string) =>
  await shop.put('BackupUser', name, { email: '', roles: [], password: await hashOnce('secret') });
const liveSessions = async (user: string) =>
  (await metadata.sessions.listOf(user)).filter((session) => !session.deactivated);

it('a login that was decided on before a change of the password does not live on', async () => {
  await account('shop');
  meanwhile = async () => {
    expect((await send(`POST ${users}/shop/password`, admin, { password })).status).toBe(200);
  };
  await expect(shop.login('shop')).rejects.toThrow('incorrect');
  expect(await liveSessions('shop')).toEqual([]);
  expect(await whoami(await shop.login('shop', password))).toBe(200);
});

it('a login beside the revocation of all sessions is decided on once more, and counts then', async () => {
  await account('shop');
  const before = await shop.login('shop');
  meanwhile = async () => {
    expect((await send(`DELETE ${users}/shop/sessions`, admin)).body.data.revoked).toBe(1);
  };
  const after = await shop.login('shop');
  expect([await whoami(before), await whoami(after)]).toEqual([403, 200]);
  expect(await liveSessions('shop')).toHaveLength(1);
});

it('a refresh beside the revocation of all sessions gives nothing', async () => {
  await account('shop');
  const token = await shop.login('shop');
  meanwhile = async () => {
    expect((await send(`DELETE ${users}/shop/sessions`, admin)).status).toBe(200);
  };
  expect((await send('GET /api/stable/auth/refresh_token', token)).status).toBe(403);
  expect(await liveSessions('shop')).toEqual([]);
});

it('a login beside the removal of its user leaves nothing for the next user of that name', async () => {
  await account('shop');
  meanwhile = async () => {
    expect((await send(`DELETE ${users}/shop`, admin)).status).toBe(200);
  };
  await expect(shop.login('shop')).rejects.toThrow('incorrect');
  expect(await metadata.sessions.listOf('shop')).toEqual([]);
});

it('a rotation that dies before it revokes anything ends the sessions of the old secret', async () => {
  const first = (await send(`POST ${keys}`, admin, { name: 'k', objects })).body.data;
  const session = await shop.login(first.username, first.secret);
  losesRevocations = true;
  expect((await send(`POST ${keys}/k/rotate`, admin, {})).status).toBe(500);
  expect(await whoami(session)).toBe(403);
  expect(await liveSessions('admin')).toHaveLength(2);
});

it('sessions of the old secret last through the overlap of a rotation, refreshed ones too, and no longer', async () => {
  const first = (await send(`POST ${keys}`, admin, { name: 'k', objects })).body.data;
  const session = await shop.login(first.username, first.secret);
  await send(`POST ${keys}/k/rotate`, admin, { overlap: '1h' });
  const refreshed = (await send('GET /api/stable/auth/refresh_token', session)).body.data.token;
  expect([await whoami(session), await whoami(refreshed)]).toEqual([200, 200]);
  await metadata.accessKeys.rotated('admin', 'k', {
    at: new Date(),
    previousHash: undefined,
    previousUntil: undefined,
  });
  expect([await whoami(session), await whoami(refreshed)]).toEqual([403, 403]);
});

it('a password that is changed by hand ends its sessions, and those of older servers stay', async () => {
  await account('shop');
  const token = await shop.login('shop');
  keepsNoFingerprints = true;
  const old = await shop.login('shop');
  await shop.put('BackupUser', 'shop', { email: '', roles: [], password: await hashOnce(password) });
  expect([await whoami(token), await whoami(old)]).toEqual([403, 200]);
});

it('whoever changes the own password stays in, and only there', async () => {
  const other = await shop.login('admin');
  const json = { password, currentPassword: 'secret' };
  expect((await send(`POST ${users}/admin/password`, admin, json)).status).toBe(200);
  expect([await whoami(admin), await whoami(other)]).toEqual([200, 403]);
});

it('sessions with limits see and end only themselves', async () => {
  const made = (await send(`POST ${keys}`, admin, { name: 'k', objects })).body.data;
  const limited = [
    await shop.login(made.username, made.secret),
    await shop.login('admin', 'secret', { operationsScope: { elements: objects } }),
  ];
  for (const token of limited) {
    const listed = (await send('GET /api/stable/auth/token', token)).body.data.grantedAccesses;
    expect(listed.map((session: { id: string }) => session.id)).toEqual([sha256Hex(token)]);
    const foreign = await send(`DELETE /api/stable/auth/logout?sessionId=${sha256Hex(admin)}`, token);
    expect(foreign.status).toBe(403);
    expect((await send(`GET ${keys}`, token)).status).toBe(403);
    expect((await send('DELETE /api/stable/auth/logout', token)).status).toBe(200);
    expect(await whoami(token)).toBe(403);
  }
  expect(await whoami(admin)).toBe(200);
});
