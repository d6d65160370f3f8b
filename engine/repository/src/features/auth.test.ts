import { CompactSign } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../access/tokens.ts';
import { call } from '../testing/api.ts';
import { createShop, type Harness, hashOnce } from '../testing/harness.ts';

let shop: Harness;
let admin: string;
beforeAll(async () => {
  shop = await createShop();
  const password = await hashOnce('secret');
  await shop.put('BackupUser', 'shop', {
    email: 'shop@example.org',
    roles: ['backupUploader'],
    passwordFromRef: { name: 'shop-password', entry: 'main.password' },
    accessKeys: [
      { name: 'nightly', password, objects: [{ type: 'collection', name: 'shop-db', roles: ['backupUploader'] }] },
      { name: 'by-ref', passwordFromRef: { name: 'shop-password', entry: 'key' }, objects: [] },
    ],
  });
  await shop.putSecret('shop-password', { 'main.password': password, key: await hashOnce('other') });
  await shop.put('BackupUser', 'manager', { email: 'm@example.org', roles: ['usersManager'], password });
  await shop.put('BackupUser', 'gone', { email: 'g@example.org', roles: ['systemAdmin'], password, deactivated: true });
  await shop.put('BackupUser', 'elsewhere', { email: 'e@example.org', roles: [], password, restrictByIP: ['1.2.3.4'] });
  await shop.put('BackupUser', 'home', { email: 'h@example.org', roles: [], password, restrictByIP: ['127.0.0.0/8'] });
  admin = await shop.login('admin');
});
afterAll(() => shop.stop());

const login = (json: unknown) => call(shop, 'POST /api/stable/auth/login', { json });
const whoami = (token: string) => call(shop, 'GET /api/stable/auth/whoami', { token });
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

describe('login', () => {
  it('gives a token with the claims of the old server', async () => {
    const answer = await login({ username: 'admin', password: 'secret' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { token, sessionId, expire, msg } = answer.body.data;
    expect(answer.body.status).toBe(true);
    expect(answer.text).toMatch(/^\{\n {4}"data": \{\n {8}"expire"/);
    expect(sessionId).toBe(sha256Hex(token));
    expect(msg).toBe('Use this sessionId to revoke this token anytime');
    const claims = claimsOf(token);
    expect(Object.keys(claims)).toEqual(['accessKeyName', 'exp', 'login', 'operationsScope', 'orig_iat', 'rand']);
    expect(claims).toMatchObject({ accessKeyName: '', login: 'admin', operationsScope: 'bnVsbA==' });
    expect(claims.exp - claims.orig_iat).toBe(6 * 3600);
    expect(expire).toBe(new Date(claims.exp * 1000).toISOString().replace('.000', ''));
    expect(JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString())).toEqual({ alg: 'HS256', typ: 'JWT' });
  });

  it('takes access keys, inline and by reference, with their own passwords only', async () => {
    expect(claimsOf(await shop.login('shop$nightly')).accessKeyName).toBe('nightly');
    await shop.login('shop$by-ref', 'other');
    await shop.login('shop');
    for (const [username, password] of [
      ['shop$by-ref', 'secret'],
      ['shop$none', 'secret'],
      ['shop$', 'other'],
      ['$', 'secret'],
    ]) {
      expect((await login({ username, password })).status, username).toBe(401);
    }
  });

  it('refuses with the texts of the old server', async () => {
    for (const username of ['unknown', 'gone', 'elsewhere', '../backupusers/admin', 'Admin', 'a'.repeat(400), 'ä\0']) {
      const answer = await login({ username, password: 'secret' });
      expect(answer.status, username).toBe(401);
      expect(answer.body).toEqual({ code: 401, data: {}, message: 'incorrect Username or Password', status: false });
      expect(answer.headers.get('www-authenticate')).toBe('JWT realm=backup-repository');
    }
    for (const json of [
      {},
      { username: 'admin' },
      { username: '', password: 'x' },
      [],
      7,
      { username: 'admin', password: 'secret', operationsScope: 'x' },
    ]) {
      const answer = await login(json);
      expect([answer.status, answer.body.message]).toEqual([401, 'missing Username or Password']);
    }
    await shop.login('home');
  });

  it('takes form bodies, and no other types', async () => {
    const scope = { elements: [{ type: 'collection', name: 'shop-db', roles: ['backupUploader'] }] };
    const form = new URLSearchParams({ username: 'admin', password: 'secret', operationsScope: JSON.stringify(scope) });
    const answer = await call(shop, 'POST /api/stable/auth/login', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    });
    expect(answer.status).toBe(200);
    const claim = claimsOf(answer.body.data.token).operationsScope;
    expect(JSON.parse(Buffer.from(claim, 'base64').toString())).toEqual(scope);
    for (const type of ['application/yaml', 'text/plain', 'application/xml']) {
      const body = JSON.stringify({ username: 'admin', password: 'secret' });
      const refused = await call(shop, 'POST /api/stable/auth/login', { headers: { 'content-type': type }, body });
      expect([refused.status, refused.body.message]).toEqual([401, 'missing Username or Password']);
    }
    expect((await call(shop, 'POST /api/stable/auth/login?username=admin&password=secret')).status).toBe(401);
  });

  it('gives a longer lifetime to scoped sessions only', async () => {
    const operationsScope = { elements: [{ type: 'collection', name: 'shop-db', roles: ['backupUploader'] }] };
    const long = await shop.login('admin', 'secret', { lifetime: '87600h', operationsScope });
    expect(claimsOf(long).exp - claimsOf(long).orig_iat).toBe(87_600 * 3600);
    const refused = await login({ username: 'admin', password: 'secret', lifetime: '87600h' });
    expect(refused.status).toBe(400);
    const bare = await login({
      username: 'admin',
      password: 'secret',
      lifetime: '7h',
      operationsScope: { elements: [] },
    });
    expect(bare.status).toBe(400);
    const short = await shop.login('admin', 'secret', { lifetime: '1h' });
    expect(claimsOf(short).exp - claimsOf(short).orig_iat).toBe(3600);
    expect((await login({ username: 'admin', password: 'secret', lifetime: 'x' })).status).toBe(400);
  });
});

describe('tokens', () => {
  const sign = (claims: unknown, options: { alg?: string; key?: string } = {}) =>
    new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader({ alg: options.alg ?? 'HS256', typ: 'JWT' })
      .sign(new TextEncoder().encode(options.key ?? 'a key for tests'));

  it('are refused with the texts of the old server', async () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { accessKeyName: '', exp: now + 60, login: 'admin', operationsScope: 'bnVsbA==', orig_iat: now };
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`;
    const cases: [string, string, number, string][] = [
      ['no token', '', 401, 'cookie token is empty'],
      ['lower case', `bearer ${admin}`, 401, 'cookie token is empty'],
      ['Bearer nothing', 'Bearer nothing', 401, 'token contains an invalid number of segments'],
      ['four segments', 'Bearer a.b.c.d', 401, 'token contains an invalid number of segments'],
      ['foreign key', `Bearer ${await sign(claims, { key: 'x' })}`, 401, 'signature is invalid'],
      ['other algorithm', `Bearer ${await sign(claims, { alg: 'HS512' })}`, 401, 'invalid signing algorithm'],
      ['alg none', `Bearer ${none}`, 401, 'invalid signing algorithm'],
      ['no exp', `Bearer ${await sign({ ...claims, exp: undefined })}`, 400, 'missing exp field'],
      ['expired', `Bearer ${await sign({ ...claims, exp: now - 1 })}`, 401, 'Token is expired'],
      ['unknown', `Bearer ${await sign(claims)}`, 403, "you don't have permission to access this resource"],
    ];
    for (const [label, authorization, status, message] of cases) {
      const answer = await call(shop, 'GET /api/stable/auth/whoami', { headers: { authorization } });
      expect([answer.status, answer.body.message], label).toEqual([status, message]);
      expect(answer.body).toMatchObject({ code: status, data: {}, status: false });
    }
  });

  it('count in the Authorization header only', async () => {
    const byQuery = await call(shop, `GET /api/stable/auth/whoami?token=${admin}`);
    const byCookie = await call(shop, 'GET /api/stable/auth/whoami', { headers: { cookie: `jwt=${admin}` } });
    expect([byQuery.status, byCookie.status]).toEqual([401, 401]);
  });

  it('are never shown by the log', async () => {
    await call(shop, `GET /health?code=a-secret-code&token=${admin}`);
    await whoami(`${admin}x`);
    const all = shop.logs.join('');
    expect(all).not.toContain(admin.slice(-30));
    expect(all).not.toContain('a-secret-code');
    expect(all).not.toContain('"secret"');
  });

  it('lose their rights with the user, the key, the deactivation', async () => {
    const password = await hashOnce('secret');
    const spec = { email: 't@example.org', roles: ['systemAdmin'], password };
    const key = { name: 'k', password, objects: [] };
    await shop.put('BackupUser', 'temp', { ...spec, accessKeys: [key] });
    const [plain, keyed] = [await shop.login('temp'), await shop.login('temp$k')];
    await shop.put('BackupUser', 'temp', spec);
    expect([(await whoami(plain)).status, (await whoami(keyed)).status]).toEqual([200, 403]);
    await shop.put('BackupUser', 'temp', { ...spec, deactivated: true });
    expect((await whoami(plain)).status).toBe(403);
    await shop.put('BackupUser', 'temp', { ...spec, restrictByIP: ['10.0.0.0/8', '::1'] });
    expect((await whoami(plain)).status).toBe(403);
    await shop.remove('BackupUser', 'temp');
    expect((await whoami(plain)).status).toBe(403);
    expect((await call(shop, 'DELETE /api/stable/auth/logout', { token: plain })).status).toBe(200);
  });
});

describe('whoami, user and sessions', () => {
  it('says who it is', async () => {
    const token = await shop.login('shop$nightly');
    const { data } = (await whoami(token)).body;
    expect(data).toMatchObject({
      email: 'shop@example.org',
      permissions: ['backupUploader'],
      sessionId: sha256Hex(token),
    });
    expect(data.grantedAccess).toMatchObject({
      id: sha256Hex(token),
      DeletedAt: null,
      deactivated: false,
      description: 'Login',
      requesterIP: '127.0.0.1',
      user: 'shop',
      accessKeyName: 'nightly',
    });
  });

  it('shows other users to those who manage users', async () => {
    const view = async (who: string, name: string) =>
      (await call(shop, `GET /api/stable/auth/user/${name}`, { token: await shop.login(who) })).status;
    expect(await view('admin', 'shop$nightly')).toBe(200);
    expect(await view('manager', 'shop')).toBe(200);
    expect(await view('nobody', 'nobody')).toBe(200);
    expect(await view('nobody', 'shop')).toBe(403);
    expect(await view('nobody', 'unknown')).toBe(403);
    expect(await view('admin', 'unknown')).toBe(404);
  });

  it('lists and revokes sessions', async () => {
    const first = await shop.login('nobody');
    const second = await shop.login('nobody');
    const own = await call(shop, 'GET /api/stable/auth/token?userName=nobody', { token: first });
    expect(own.body.data.grantedAccesses[0]).toMatchObject({ user: 'nobody', deactivated: false });
    expect((await call(shop, 'GET /api/stable/auth/token?userName=admin', { token: first })).body.error).toBe(
      'no permissions to act as other user',
    );
    const none = await call(shop, 'GET /api/stable/auth/token?userName=unknown', { token: admin });
    expect(none.body.data.grantedAccesses).toEqual([]);

    const logout = (token: string, id: string) =>
      call(shop, `DELETE /api/stable/auth/logout?sessionId=${id}`, { token });
    const foreign = await logout(first, sha256Hex(admin));
    expect([foreign.status, foreign.body.error]).toEqual([
      403,
      "you don't have permissions to revoke session of other user",
    ]);
    expect((await logout(first, 'x')).status).toBe(403);
    expect((await logout(admin, '')).status).toBe(404);
    const revoked = await logout(first, sha256Hex(second));
    expect(revoked.body.data).toEqual({ message: 'JWT was revoked', sessionId: sha256Hex(second) });
    expect([(await whoami(second)).status, (await whoami(first)).status]).toEqual([403, 200]);
    expect((await logout(admin, sha256Hex(second))).status).toBe(200);
  });

  it('keeps limited sessions of an admin from acting on others', async () => {
    const operationsScope = { elements: [{ type: 'collection', name: 'shop-db', roles: ['backupDownloader'] }] };
    const token = await shop.login('admin', 'secret', { operationsScope });
    expect((await call(shop, 'GET /api/stable/auth/token?userName=nobody', { token })).status).toBe(403);
    expect((await call(shop, 'GET /api/stable/auth/user/nobody', { token })).status).toBe(403);
  });

  it('refreshes to a token that works and keeps its limits', async () => {
    const operationsScope = { elements: [{ type: 'collection', name: 'shop-db', roles: ['backupDownloader'] }] };
    const token = await shop.login('admin', 'secret', { operationsScope });
    const answer = await call(shop, 'GET /api/stable/auth/refresh_token', { token });
    expect(answer.body).toMatchObject({ code: 200, status: true });
    expect((await whoami(answer.body.token)).body.data.grantedAccess.description).toBe('Refresh');
    expect(claimsOf(answer.body.token).operationsScope).toBe(claimsOf(token).operationsScope);
    await call(shop, 'DELETE /api/stable/auth/logout', { token });
    expect((await call(shop, 'GET /api/stable/auth/refresh_token', { token })).status).toBe(403);
  });
});

describe('HTTP', () => {
  it('answers unknown paths and methods like the old server', async () => {
    for (const target of [
      'GET /',
      'GET /api',
      'POST /health',
      'HEAD /health',
      'PUT /ready',
      'GET //health',
      'GET /api/stable/auth/user/',
      'GET /api/stable/auth/user/%zz',
    ]) {
      const answer = await call(shop, target);
      expect(answer.status, target).toBe(404);
      expect(answer.headers.get('content-type')).toBe('text/plain');
      expect(answer.text).toBe(target.startsWith('HEAD') ? '' : '404 page not found');
    }
  });

  it('redirects trailing slashes', async () => {
    const get = await call(shop, 'GET /health/?a=1');
    expect([get.status, get.headers.get('location')]).toEqual([301, '/health?a=1']);
    const post = await call(shop, 'POST /api/stable/auth/login/', { body: 'x' });
    expect([post.status, post.headers.get('location')]).toEqual([307, '/api/stable/auth/login']);
  });

  it('says that it is up', async () => {
    const answer = await call(shop, 'GET /health');
    expect(answer.body).toEqual({
      data: {
        msg: 'The server is up and running. Dependent services are not shown there. Take a look at /ready endpoint',
      },
      status: true,
    });
  });
});
