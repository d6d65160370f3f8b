import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call } from '../../testing/api.ts';
import { createShop, type Harness, hashOnce } from '../../testing/harness.ts';
import { askingOf, collection, collections, password, users } from '../../testing/management.ts';
import { armoured } from '../../testing/messages.ts';

let shop: Harness;
let admin: string;
beforeEach(async () => {
  shop = await createShop();
  admin = await shop.login('admin');
});
afterEach(() => shop.stop());

const account = async (name: string, roles: string[], more: Record<string, unknown> = {}) => {
  await shop.put('BackupUser', name, {
    email: `${name}@example.org`,
    roles,
    password: await hashOnce('secret'),
    ...more,
  });
  return await shop.login(name);
};
const { send, statusOf } = askingOf(() => shop);

describe('users', () => {
  it('are made, shown, changed and removed', async () => {
    const made = await send(`POST ${users}`, admin, {
      name: 'new',
      email: 'n@example.org',
      roles: ['backupUploader'],
      password,
    });
    expect(made.status).toBe(201);
    expect(made.body.data.user).toMatchObject({ name: 'new', hasPassword: true, roles: ['backupUploader'] });
    expect(made.text).not.toMatch(/argon|correct horse|JGFyZ29u/);
    const token = await shop.login('new', password);
    expect(await statusOf(`POST ${users}`, admin, { name: 'new', email: 'x', roles: [] })).toBe(409);
    const list = await send(`GET ${users}`, admin);
    expect(list.body.data.users.map((user: { name: string }) => user.name)).toEqual(['admin', 'new', 'nobody']);
    const changed = await send(`PATCH ${users}/new`, admin, { roles: ['backupDownloader'], about: 'a' });
    expect(changed.body.data.user).toMatchObject({ roles: ['backupDownloader'], about: 'a', email: 'n@example.org' });
    const who = await send('GET /api/stable/auth/whoami', token);
    expect(who.body.data.permissions).toEqual(['backupDownloader']);
    expect(await statusOf(`DELETE ${users}/new`, admin)).toBe(200);
    expect(await statusOf('GET /api/stable/auth/whoami', token)).toBe(403);
    expect(await statusOf(`GET ${users}/new`, admin)).toBe(404);
    await send(`POST ${users}`, admin, { name: 'new', email: 'n@example.org', roles: [], password });
    expect(await statusOf('GET /api/stable/auth/whoami', token)).toBe(403);
  });

  it('keep what is written by hand, and the comments beside it', async () => {
    const file = path.join(shop.home, 'configuration/backups/backups.riotkit.org/v1alpha1/backupusers/hand.yaml');
    await writeFile(
      file,
      '# mine\nmetadata: {name: hand}\nspec:\n  Roles: [] # none yet\n  email: a\n  shoeSize: 43\n',
    );
    expect(await statusOf(`PATCH ${users}/hand`, admin, { email: 'b', roles: ['backupUploader'] })).toBe(200);
    const text = await readFile(file, 'utf8');
    expect(text).toContain('# mine');
    expect(text).toContain('shoeSize: 43');
    expect(text).not.toMatch(/^ {2}roles:/m);
    const shown = await send(`GET ${users}/hand`, admin);
    expect(shown.body.data.user).toMatchObject({ email: 'b', roles: ['backupUploader'] });
    expect(shown.text).not.toContain('shoeSize');
  });

  it('are changed only as they were read', async () => {
    const first = await send(`GET ${users}/nobody`, admin);
    const headers = { 'if-match': first.headers.get('etag') ?? '' };
    const matching = async (method: string, more: { json?: unknown }) =>
      (await call(shop, `${method} ${users}/nobody`, { token: admin, headers, ...more })).status;
    expect(await matching('PATCH', { json: { email: 'b' } })).toBe(200);
    expect(await matching('PATCH', { json: { email: 'c' } })).toBe(412);
    expect(await matching('DELETE', {})).toBe(412);
    expect((await send(`GET ${users}/nobody`, admin)).body.data.user.email).toBe('b');
  });

  it('never get more rights than those who manage them have', async () => {
    const manager = await account('manager', ['userManager']);
    await shop.put('BackupCollection', 'secret-db', {
      ...{ ...collection, strategyName: 'fifo' },
      accessControl: [
        { userName: 'nobody', roles: ['backupDownloader'] },
        { name: 'ghost', roles: ['backupDownloader'] },
      ],
    });
    const make = (name: string, roles: string[]) =>
      statusOf(`POST ${users}`, manager, { name, email: 'x', roles, password });
    expect(await make('a', ['systemAdmin'])).toBe(403);
    expect(await make('a', ['collectionManager'])).toBe(403);
    expect(await make('a', ['backupDownloader'])).toBe(403);
    expect(await make('ghost', [])).toBe(403);
    expect(await make('a', ['usersManager'])).toBe(201);
    for (const target of ['manager', 'nobody', 'a']) {
      expect(await statusOf(`PATCH ${users}/${target}`, manager, { roles: ['systemAdmin'] }), target).toBe(403);
    }
    expect(await statusOf(`PATCH ${users}/admin`, manager, { email: 'x' })).toBe(403);
    expect(await statusOf(`PATCH ${users}/admin`, manager, { deactivated: true })).toBe(403);
    expect(await statusOf(`DELETE ${users}/admin`, manager)).toBe(403);
    expect(await statusOf(`DELETE ${users}/admin/sessions`, manager)).toBe(403);
    for (const victim of ['admin', 'nobody']) {
      expect(await statusOf(`POST ${users}/${victim}/password`, manager, { password }), victim).toBe(403);
      const key = { name: 'k', objects: [{ type: 'collection', name: 'secret-db', roles: ['backupDownloader'] }] };
      expect(await statusOf(`POST ${users}/${victim}/access-keys`, manager, key), victim).toBe(403);
    }
    expect(await statusOf(`PATCH ${users}/nobody`, manager, { deactivated: true })).toBe(200);
    expect(await statusOf(`PATCH ${users}/nobody`, manager, { deactivated: false })).toBe(403);
    expect(await statusOf(`POST ${users}/a/password`, manager, { password: 'another good one' })).toBe(200);
  });

  it('always leave a systemAdmin who can log in', async () => {
    const refused = [
      await statusOf(`DELETE ${users}/admin`, admin),
      await statusOf(`PATCH ${users}/admin`, admin, { roles: ['userManager'] }),
      await statusOf(`PATCH ${users}/admin`, admin, { deactivated: true }),
    ];
    expect(refused).toEqual([409, 409, 409]);
    const second = await account('second', ['systemAdmin']);
    const both = await Promise.all([
      statusOf(`DELETE ${users}/admin`, second),
      statusOf(`DELETE ${users}/second`, admin),
    ]);
    expect(both.filter((status) => status === 200)).toHaveLength(1);
  });

  it('say which field is wrong, and never what it held', async () => {
    const wrong = await send(`POST ${users}`, admin, {
      name: 'Bad/..',
      email: 'x',
      roles: ['canary'],
      password: 'canary',
      more: 'canary',
    });
    expect(wrong.status).toBe(422);
    expect(wrong.body.data.problems.map((problem: { field: string }) => problem.field).sort()).toEqual([
      'more',
      'name',
      'password',
      'roles.0',
    ]);
    expect(wrong.text).not.toContain('canary');
    const addresses = { name: 'a', email: 'x', roles: [], restrictByIP: ['10.0.0.0/33'] };
    expect((await send(`POST ${users}`, admin, addresses)).body.error).toContain('restrictByIP');
    expect(await statusOf(`POST ${users}`, admin, { name: '..', email: 'x', roles: [] })).toBe(422);
    expect((await call(shop, `POST ${users}`, { token: admin, body: '{' })).status).toBe(400);
  });

  it('set their own password with the current one, and lose their other sessions', async () => {
    const own = await account('own', []);
    const other = await shop.login('own');
    const change = (json: unknown) => statusOf(`POST ${users}/own/password`, own, json);
    expect(await change({ password })).toBe(403);
    expect(await change({ password, currentPassword: 'wrong' })).toBe(403);
    expect(await change({ password: 'short', currentPassword: 'secret' })).toBe(422);
    expect(await change({ password, currentPassword: 'secret' })).toBe(200);
    expect(await statusOf('GET /api/stable/auth/whoami', other)).toBe(403);
    expect(await statusOf('GET /api/stable/auth/whoami', own)).toBe(200);
    await expect(shop.login('own')).rejects.toThrow();
    await shop.login('own', password);
    const guesses = await Promise.all(Array.from({ length: 12 }, () => change({ password, currentPassword: 'guess' })));
    expect(guesses.filter((status) => status === 429).length).toBeGreaterThan(0);
  });

  it('have passwords that stay where the document refers to', async () => {
    await shop.putSecret('ref-password', { 'a.b': await hashOnce('secret') });
    await shop.put('BackupUser', 'ref', {
      email: '',
      roles: [],
      passwordFromRef: { name: 'ref-password', entry: 'a.b' },
    });
    expect(await statusOf(`POST ${users}/ref/password`, admin, { password })).toBe(200);
    await shop.login('ref', password);
    const file = path.join(shop.home, 'configuration/backups/backups.riotkit.org/v1alpha1/backupusers/ref.yaml');
    expect(await readFile(file, 'utf8')).not.toMatch(/^ *password:/m);
  });
});

describe('collections', () => {
  it('are made, changed and removed', async () => {
    const made = await send(`POST ${collections}`, admin, { name: 'new-db', ...collection });
    expect(made.status).toBe(201);
    expect(made.body.data.collection.spec).toEqual({
      ...collection,
      description: '',
      strategyName: 'fifo',
      strategySpec: {},
    });
    expect((await call(shop, `POST ${collections}/new-db/version`, { token: admin, body: armoured() })).status).toBe(
      200,
    );
    const changed = await send(`PATCH ${collections}/new-db`, admin, {
      maxBackupsCount: 1,
      windows: [{ from: '0 2 * * *', duration: '30m' }],
    });
    expect(changed.body.data.collection.spec).toMatchObject({ maxBackupsCount: 1, maxOneVersionSize: '1M' });
    expect(
      (await send(`PATCH ${collections}/new-db`, admin, { windows: null })).body.data.collection.spec.windows,
    ).toBeUndefined();
    expect(await statusOf(`DELETE ${collections}/new-db`, admin)).toBe(409);
    expect(await statusOf(`DELETE ${collections}/new-db`, admin, { confirm: 'new' })).toBe(409);
    const removed = await send(`DELETE ${collections}/new-db`, admin, { confirm: 'new-db' });
    expect(removed.body.data).toEqual({ removed: 'new-db', versions: 1 });
    expect(await statusOf(`GET ${collections}/new-db/version`, admin)).toBe(404);
    await send(`POST ${collections}`, admin, { name: 'new-db', ...collection });
    expect((await send(`GET ${collections}/new-db/version`, admin)).body.data.versions).toEqual([]);
    const next = await call(shop, `POST ${collections}/new-db/version`, { token: admin, body: armoured() });
    expect(next.body.data.version.versionNumber).toBe(2);
  });

  it('are never made so that they take no uploads', async () => {
    const wrong: [Record<string, unknown>, string][] = [
      [{ filenameTemplate: 'same-name.gz' }, 'filenameTemplate'],
      [{ filenameTemplate: '../${version}' }, 'filenameTemplate'],
      [{ maxBackupsCount: 0 }, 'maxBackupsCount'],
      [{ maxCollectionSize: '1M' }, 'maxCollectionSize'],
      [{ maxOneVersionSize: 'big' }, 'maxOneVersionSize'],
      [{ windows: [{ from: 'never', duration: '5m' }] }, 'indow'],
      [{ strategyName: 'lifo' }, 'strategyName'],
      [{ accessControl: [{ name: 'x', roles: ['king'] }] }, 'accessControl.0.roles.0'],
      [{ extra: 1 }, 'extra'],
    ];
    for (const [fields, field] of wrong) {
      const answer = await send(`POST ${collections}`, admin, { name: 'bad', ...collection, ...fields });
      expect([answer.status, answer.body.error], field).toEqual([422, expect.stringContaining(field)]);
    }
    expect(await statusOf(`PATCH ${collections}/shop-db`, admin, { maxCollectionSize: '1M' })).toBe(422);
    expect(await statusOf(`GET ${collections}/bad`, admin)).toBe(404);
  });

  it('belong to managers of all, and to managers of one', async () => {
    const all = await account('all', ['collectionManager']);
    const one = await account('one', []);
    const uploader = await account('uploader', ['backupUploader']);
    await send(`PATCH ${collections}/shop-db`, admin, {
      accessControl: [{ name: 'one', roles: ['collectionManager'] }],
    });
    const change = { description: 'changed' };
    expect(await statusOf(`PATCH ${collections}/shop-db`, all, change)).toBe(200);
    expect(await statusOf(`PATCH ${collections}/shop-db`, one, change)).toBe(200);
    expect(await statusOf(`PATCH ${collections}/shop-db`, uploader, change)).toBe(403);
    expect(await statusOf(`PATCH ${collections}/shop-db`, uploader, { nonsense: 1 })).toBe(403);
    expect(await statusOf(`PATCH ${collections}/shop-db`, one, { healthSecretRef: { name: 'x', entry: 'y' } })).toBe(
      403,
    );
    expect(await statusOf(`POST ${collections}`, all, { name: 'by-all', ...collection })).toBe(201);
    expect(await statusOf(`POST ${collections}`, one, { name: 'by-one', ...collection })).toBe(403);
    expect(await statusOf(`PATCH ${collections}/by-all`, one, change)).toBe(403);
    const seen = async (token: string) =>
      (await send(`GET ${collections}`, token)).body.data.collections.map((item: { name: string }) => item.name);
    expect(await seen(all)).toEqual(['by-all', 'shop-db']);
    expect(await seen(one)).toEqual(['shop-db']);
    expect(await seen(await shop.login('nobody'))).toEqual([]);
  });

  it('stay while a version is held or an upload is open', async () => {
    const body = { key: 'a-key-of-sixteen-letters' };
    expect((await send(`POST ${collections}/shop-db/uploads`, admin, body)).status).toBe(201);
    expect(await statusOf(`DELETE ${collections}/shop-db`, admin, { confirm: 'shop-db' })).toBe(409);
    expect(await statusOf(`DELETE ${collections}/shop-db/uploads/${body.key}`, admin)).toBe(404);
    expect(await statusOf(`GET ${collections}/shop-db`, admin)).toBe(200);
    const upload = (await send(`GET ${collections}/shop-db/uploads/${body.key}`, admin)).body.data.upload.id;
    expect(await statusOf(`DELETE ${collections}/shop-db/uploads/${upload}`, admin)).toBe(200);
    await call(shop, `POST ${collections}/shop-db/version`, { token: admin, body: armoured() });
    await call(shop, `POST ${collections}/shop-db/version`, { token: admin, body: armoured() });
    const hold = `${collections}/shop-db/version/1/hold`;
    expect(await statusOf(`POST ${hold}`, admin, { reason: 'an audit' })).toBe(200);
    expect(await statusOf(`DELETE ${collections}/shop-db`, admin, { confirm: 'shop-db' })).toBe(409);
    expect((await send(`GET ${collections}/shop-db/version`, admin)).body.data.versions).toHaveLength(2);
    expect(await statusOf(`DELETE ${hold}`, admin)).toBe(200);
    expect(await statusOf(`DELETE ${collections}/shop-db`, admin, { confirm: 'shop-db' })).toBe(200);
  });
});

describe('the audit log', () => {
  it('says who did and tried what, and no secret', async () => {
    await send(`POST ${users}`, admin, { name: 'new', email: 'n@example.org', roles: [], password });
    const nobody = await shop.login('nobody');
    const headers = { 'x-request-id': 'request-of-test' };
    const refused = await call(shop, `GET ${collections}/shop-db/version/latest`, { token: nobody, headers });
    expect(refused.headers.get('x-request-id')).toBe('request-of-test');
    await expect(shop.login('admin', 'canary-password')).rejects.toThrow();
    await expect(shop.login('canary-in-the-name', 'x')).rejects.toThrow();
    const audit = async (query = '') => (await send(`GET /api/stable/audit${query}`, admin)).body.data.entries;
    const all = await audit();
    expect(JSON.stringify(all)).not.toMatch(/canary|correct horse|argon/);
    const of = (action: string) => all.filter((entry: { action: string }) => entry.action === action);
    expect(of('user.create')).toEqual([
      expect.objectContaining({
        outcome: 'done',
        user: 'admin',
        target: 'user new',
        detail: expect.stringContaining('password'),
      }),
    ]);
    expect(of('version.download')).toEqual([
      expect.objectContaining({
        outcome: 'denied',
        user: 'nobody',
        collectionId: 'shop-db',
        requestId: 'request-of-test',
        requesterIp: '127.0.0.1',
      }),
    ]);
    expect(of('session.login').map((entry: { outcome: string; user: string }) => [entry.outcome, entry.user])).toEqual([
      ['denied', 'ca… (18 characters)'],
      ['denied', 'admin'],
      ['done', 'nobody'],
      ['done', 'admin'],
    ]);
    expect(await audit('?outcome=denied&user=nobody')).toHaveLength(1);
    expect(await audit('?collection=shop-db')).toHaveLength(1);
    expect(await statusOf('GET /api/stable/audit', nobody)).toBe(403);
    for (const query of [
      'limit=0',
      'limit=501',
      'since=yesterday',
      'outcome=maybe',
      'cursor=x',
      'cursor=WyIyMDI2Il0',
    ]) {
      expect(await statusOf(`GET /api/stable/audit?${query}`, admin), query).toBe(400);
    }
    const first = await send('GET /api/stable/audit?limit=2', admin);
    const second = await send(`GET /api/stable/audit?limit=2&cursor=${first.body.data.nextCursor}`, admin);
    const ids = [...first.body.data.entries, ...second.body.data.entries].map((entry: { id: string }) => entry.id);
    expect(new Set(ids).size).toBe(4);
  });
});
