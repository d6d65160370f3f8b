import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../testing/api.ts';
import { collectionSpec, createShop, type Harness, hashOnce } from '../testing/harness.ts';
import { armoured } from '../testing/messages.ts';

/* What the old server promised about each endpoint and no test of a feature holds already. */

let shop: Harness;
let token: string;
beforeAll(async () => {
  shop = await createShop({ healthCheckKey: 'changeme' });
  const password = await hashOnce('secret');
  await shop.put('BackupUser', 'rolesless', { email: 'r@example.org', password });
  await shop.put('BackupUser', 'broken', { email: 'b@example.org', roles: [], password: 'bm8gaGFzaA==' });
  await shop.put('BackupUser', 'panics', {
    email: 'b@example.org',
    roles: [],
    password: Buffer.from('$argon2id$v=19$m=65536,t=1,p=4$znW').toString('base64'),
  });
  token = await shop.login('admin');
  await call(shop, 'POST /api/alpha/repository/collection/shop-db/version', { token, body: armoured() });
});
afterAll(() => shop.stop());

describe('the routes', () => {
  const versions = 'repository/collection/shop-db/version';

  it('are served where the code had them and where the documentation had them', async () => {
    for (const channel of ['alpha', 'stable']) {
      expect((await call(shop, `GET /api/${channel}/${versions}`, { token })).status).toBe(200);
      expect((await call(shop, `GET /api/${channel}/${versions}/1`, { token })).status).toBe(200);
      const upload = await call(shop, `POST /api/${channel}/${versions}`, { token, body: armoured() });
      expect(upload.status, upload.text).toBe(200);
    }
  });

  it('are no others: documented ones that never were, other methods, HEAD', async () => {
    const absent = [
      ...['GET /api/stable/auth/logout', 'POST /api/stable/auth/refresh_token', 'GET /api/stable/auth/login'],
      ...[`HEAD /api/stable/${versions}`, `HEAD /api/alpha/${versions}/1`, `PUT /api/alpha/${versions}`],
      ...['OPTIONS /health', 'GET /API/stable/auth/whoami', 'GET /api/alpha/auth/whoami', 'DELETE /ready'],
    ];
    for (const target of absent) {
      const answer = await call(shop, target, { token });
      expect([answer.status, answer.headers.get('content-type')], target).toEqual([404, 'text/plain']);
    }
  });

  it('redirect a trailing slash and keep the question', async () => {
    const get = await call(shop, `GET /api/stable/${versions}/?a=b%2Fc`);
    expect([get.status, get.headers.get('location')]).toEqual([301, `/api/stable/${versions}?a=b%2Fc`]);
    const post = await call(shop, `POST /api/alpha/${versions}/`, { body: 'x' });
    expect([post.status, post.headers.get('location')]).toEqual([307, `/api/alpha/${versions}`]);
    const remove = await call(shop, 'DELETE /api/stable/auth/logout/');
    expect([remove.status, remove.headers.get('location')]).toEqual([307, '/api/stable/auth/logout']);
  });
});

describe('envelopes', () => {
  it('are indented by four spaces, with sorted keys and a charset', async () => {
    const answers = [
      await call(shop, 'GET /health'),
      await call(shop, 'GET /ready'),
      await call(shop, 'GET /api/stable/auth/whoami'),
      await call(shop, 'GET /api/stable/auth/whoami', { token }),
      await call(shop, 'GET /api/stable/repository/collection/none/version', { token }),
    ];
    for (const answer of answers) {
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(answer.text).toMatch(/^\{\n {4}"/);
      const keys = [...answer.text.matchAll(/^ {4}"(\w+)":/gm)].map((match) => match[1]);
      expect(keys).toEqual([...keys].sort());
    }
    expect(answers.map(({ body }) => Object.keys(body))).toEqual([
      ['data', 'status'],
      ['data', 'error', 'status'],
      ['code', 'data', 'message', 'status'],
      ['data', 'status'],
      ['data', 'error', 'status'],
    ]);
    expect(answers[2]?.headers.get('www-authenticate')).toBe('JWT realm=backup-repository');
    expect(answers[4]?.headers.get('www-authenticate')).toBeNull();
  });

  it('hold versions and sessions with the fields of the old server', async () => {
    const { body } = await call(shop, 'GET /api/stable/repository/collection/shop-db/version', { token });
    const [version] = body.data.versions;
    expect(Object.keys(version)).toEqual(
      expect.arrayContaining(['CreatedAt', 'DeletedAt', 'UpdatedAt', 'collectionId', 'filename', 'filesize', 'id']),
    );
    expect(Object.keys(version)).toEqual(expect.arrayContaining(['uploadedBySessionId', 'user', 'versionNumber']));
    expect(version.DeletedAt).toBeNull();
    expect(version.CreatedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect(version.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(version.uploadedBySessionId).toMatch(/^[0-9a-f]{64}$/);
    const sessions = await call(shop, 'GET /api/stable/auth/token', { token });
    expect(Object.keys(sessions.body.data.grantedAccesses[0])).toEqual([
      ...['CreatedAt', 'DeletedAt', 'UpdatedAt', 'accessKeyName', 'deactivated', 'description', 'expiresAt', 'id'],
      ...['requesterIP', 'user'],
    ]);
  });
});

describe('/ready and the health of collections', () => {
  const ready = (query: string, authorization?: string) =>
    call(shop, `GET /ready${query}`, { headers: authorization === undefined ? {} : { authorization } });

  it('/ready reads the header first, and the question only when that is empty', async () => {
    expect((await ready('?code=changeme')).status).toBe(200);
    expect((await ready('', 'changeme')).status).toBe(200);
    expect((await ready('?code=wrong', 'changeme')).status).toBe(200);
    expect((await ready('?code=changeme', 'wrong')).status).toBe(403);
    expect((await ready('?code=changeme', '')).status).toBe(200);
    expect((await ready('', 'Bearer changeme')).status).toBe(403);
    expect((await ready('')).status).toBe(403);
    const refused = await ready('?code=x');
    expect(refused.body).toEqual({
      data: {},
      error:
        "health code invalid. Should be provided withing 'Authorization' header or 'code' query string. Must match --health-check-code commandline switch value",
      status: false,
    });
  });

  it('a collection reads the question first, and the header only when that is empty', async () => {
    const { createHash } = await import('node:crypto');
    await shop.putSecret('codes', { shop: createHash('sha256').update('monitor').digest('hex') });
    await shop.put('BackupCollection', 'coded', {
      ...collectionSpec,
      healthSecretRef: { name: 'codes', entry: 'shop' },
    });
    const health = async (query: string, authorization?: string) =>
      (
        await call(shop, `GET /api/stable/repository/collection/coded/health${query}`, {
          headers: authorization === undefined ? {} : { authorization },
        })
      ).status;
    expect(await health('?code=monitor')).toBe(200);
    expect(await health('', 'monitor')).toBe(200);
    expect(await health('?code=monitor', 'wrong')).toBe(200);
    expect(await health('?code=wrong', 'monitor')).toBe(403);
    expect(await health('?code=', 'monitor')).toBe(200);
    expect(await health('')).toBe(403);
  });

  it('need no code where none is set', async () => {
    expect((await call(shop, 'GET /api/stable/repository/collection/shop-db/health')).status).toBe(200);
    const open = await createShop();
    expect((await call(open, 'GET /ready')).status).toBe(200);
    await open.stop();
  });
});

describe('login', () => {
  const login = (body: string, type: string) =>
    call(shop, 'POST /api/stable/auth/login', { headers: { 'content-type': type }, body });

  it('says that something is missing, whatever is wrong with the body', async () => {
    const json = 'application/json';
    const bodies: [string, string][] = [
      ['', json],
      ['{', json],
      ['null', json],
      ['{"username":"admin"}', json],
      ['{"username":1,"password":"secret"}', json],
      ['{"username":"admin","password":"secret","operationsScope":{"elements":{}}}', json],
      ['username=admin', 'application/x-www-form-urlencoded'],
      ['username=admin&password=secret&operationsScope={', 'application/x-www-form-urlencoded'],
      ['username: admin\npassword: secret\n', 'application/x-yaml'],
      ['<x/>', 'text/xml'],
    ];
    for (const [body, type] of bodies) {
      const answer = await login(body, type);
      expect([answer.status, answer.body.message], body).toEqual([401, 'missing Username or Password']);
    }
  });

  it('takes charset parameters of the content type', async () => {
    expect((await login('{"username":"admin","password":"secret"}', 'application/json; charset=utf-8')).status).toBe(
      200,
    );
  });

  it('refuses unusable hashes like wrong passwords', async () => {
    for (const username of ['broken', 'panics']) {
      const answer = await login(JSON.stringify({ username, password: 'secret' }), 'application/json');
      expect([answer.status, answer.body.message], username).toEqual([401, 'incorrect Username or Password']);
    }
  });

  it('gives no limit for an empty scope', async () => {
    for (const operationsScope of [null, {}, { elements: null }, { elements: [] }]) {
      const unlimited = await shop.login('admin', 'secret', { operationsScope });
      expect((await call(shop, 'GET /api/stable/auth/token?userName=rolesless', { token: unlimited })).status).toBe(
        200,
      );
    }
    const other = { elements: [{ type: 'collection', name: 'other', roles: ['systemAdmin'] }] };
    const limited = await shop.login('admin', 'secret', { operationsScope: other });
    expect((await call(shop, 'GET /api/stable/repository/collection/shop-db/version', { token: limited })).status).toBe(
      403,
    );
  });

  it('gives users without roles an empty list', async () => {
    const answer = await call(shop, 'GET /api/stable/auth/whoami', { token: await shop.login('rolesless') });
    expect(answer.body.data.permissions).toEqual([]);
  });
});

describe('sessions', () => {
  it('are listed newest first, at most a hundred, of every state', async () => {
    await shop.put('BackupUser', 'many', { email: '', roles: [], password: await hashOnce('secret') });
    const first = await shop.login('many');
    const last = await shop.login('many');
    await call(shop, 'DELETE /api/stable/auth/logout', { token: first });
    const { body } = await call(shop, 'GET /api/stable/auth/token', { token: last });
    const listed = body.data.grantedAccesses as { CreatedAt: string; deactivated: boolean }[];
    expect(listed.map(({ deactivated }) => deactivated)).toEqual([false, true]);
    expect(listed.map(({ CreatedAt }) => CreatedAt)).toEqual(
      [...listed.map(({ CreatedAt }) => CreatedAt)].sort().reverse(),
    );
  });

  it('are refreshed with the shape of the old answer, and old tokens stay good', async () => {
    const answer = await call(shop, 'GET /api/stable/auth/refresh_token', { token });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ code: 200, expire: expect.stringMatching(/Z$/), token: expect.any(String) });
    for (const one of [token, answer.body.token]) {
      expect((await call(shop, 'GET /api/stable/auth/whoami', { token: one })).status).toBe(200);
    }
    const none = await call(shop, 'GET /api/stable/auth/refresh_token');
    expect([none.status, none.body.message]).toEqual([401, 'cookie token is empty']);
  });

  it('are revoked again and again', async () => {
    const own = await shop.login('rolesless');
    const logout = (id: string) => call(shop, `DELETE /api/stable/auth/logout?sessionId=${id}`, { token });
    const { body } = await call(shop, 'DELETE /api/stable/auth/logout', { token: own });
    expect(body).toEqual({
      data: { message: 'JWT was revoked', sessionId: expect.stringMatching(/^[0-9a-f]{64}$/) },
      status: true,
    });
    expect((await logout(body.data.sessionId)).status).toBe(200);
    expect((await logout(body.data.sessionId)).status).toBe(200);
    const unknown = await logout('0'.repeat(64));
    expect([unknown.status, unknown.body.error]).toEqual([
      404,
      'specified session identifier is not valid, cannot find GrantedAccess of specified id',
    ]);
  });
});

describe('rate limits', () => {
  it('count logins and refreshes together, and say what is left', async () => {
    const limited = await createShop({ rateLimits: { auth: 3 } });
    const login = () =>
      call(limited, 'POST /api/stable/auth/login', { json: { username: 'admin', password: 'secret' } });
    const first = await login();
    expect([first.headers.get('x-ratelimit-limit'), first.headers.get('x-ratelimit-remaining')]).toEqual(['3', '2']);
    expect((await call(limited, 'GET /api/stable/auth/refresh_token', { token: first.body.data.token })).status).toBe(
      200,
    );
    expect((await login()).status).toBe(200);
    const refused = await login();
    expect([refused.status, refused.text]).toEqual([429, '']);
    await limited.stop();
  });

  it('count neither refused tokens nor uploads', async () => {
    const limited = await createShop({ rateLimits: { default: 1 } });
    const own = await limited.login('admin');
    const whoami = async (one: string) => (await call(limited, 'GET /api/stable/auth/whoami', { token: one })).status;
    expect([await whoami('x'), await whoami('x'), await whoami('a.b.c')]).toEqual([401, 401, 401]);
    for (let round = 0; round < 3; round += 1) {
      const path = 'POST /api/alpha/repository/collection/shop-db/version';
      expect((await call(limited, path, { token: own, body: armoured() })).status).toBe(200);
    }
    await limited.stop();
  });

  it('share one count for /health and /ready', async () => {
    const limited = await createShop({ rateLimits: { serverHealth: 2 } });
    const statuses = [];
    for (const target of ['GET /health', 'GET /ready', 'GET /health']) {
      statuses.push((await call(limited, target)).status);
    }
    expect(statuses).toEqual([200, 200, 429]);
    await limited.stop();
  });
});

describe('the address of a client behind a trusted proxy', () => {
  it('is read from X-Forwarded-For, else from X-Real-IP, else it is the proxy', async () => {
    const behind = await createShop({ trustedProxies: ['127.0.0.1'] });
    const addressFor = async (headers: Record<string, string>) => {
      const login = { headers, json: { username: 'admin', password: 'secret' } };
      const own = (await call(behind, 'POST /api/stable/auth/login', login)).body.data.token;
      const { body } = await call(behind, 'GET /api/stable/auth/whoami', { token: own });
      return body.data.grantedAccess.requesterIP;
    };
    expect(await addressFor({ 'x-forwarded-for': '10.1.2.3', 'x-real-ip': '10.9.9.9' })).toBe('10.1.2.3');
    expect(await addressFor({ 'x-real-ip': '10.9.9.9' })).toBe('10.9.9.9');
    expect(await addressFor({ 'x-forwarded-for': 'no address', 'x-real-ip': 'x' })).toBe('127.0.0.1');
    await behind.stop();
  });
});

describe('a download', () => {
  it('has the headers of the old server', async () => {
    const path = '/api/alpha/repository/collection/shop-db/version';
    const response = await fetch(`${shop.url}${path}/v01`, { headers: { authorization: `Bearer ${token}` } });
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="shop-db-1.tar.gz"');
    expect(Number(response.headers.get('content-length'))).toBe((await response.arrayBuffer()).byteLength);
  });

  it('of nothing is not found, of a foreign collection forbidden', async () => {
    await shop.put('BackupCollection', 'empty', collectionSpec);
    const get = async (target: string, as = token) => {
      const answer = await call(shop, `GET /api/alpha/repository/collection/${target}`, { token: as });
      return [answer.status, answer.body.error];
    };
    expect(await get('empty/version/latest')).toEqual([404, 'cannot find specified version']);
    expect(await get('none/version/latest')).toEqual([404, 'cannot find specified collection']);
    const other = await shop.login('rolesless');
    expect(await get('shop-db/version/1', other)).toEqual([
      403,
      'not authorized to download versions from this collection',
    ]);
    expect(await get('shop-db/version', other)).toEqual([403, 'not authorized to list versions']);
  });
});
