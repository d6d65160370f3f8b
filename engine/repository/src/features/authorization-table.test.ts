import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../testing/api.ts';
import { document } from '../testing/documented.ts';
import { collectionSpec, createShop, type Harness, hashOnce } from '../testing/harness.ts';
import { armoured } from '../testing/messages.ts';

const mine = [{ type: 'collection', name: 'shop-db', roles: ['backupUploader', 'backupDownloader'] }];

/** Who asks: system roles, or how the session is limited. `acl` has the role on the collection `shop-db` only. */
const actors = {
  admin: { roles: ['systemAdmin'] },
  manager: { roles: ['collectionManager'] },
  userManager: { roles: ['userManager'] },
  usersManager: { roles: ['usersManager'] },
  downloader: { roles: ['backupDownloader'] },
  uploader: { roles: ['backupUploader'] },
  anytime: { roles: ['uploadsAnytime'] },
  none: { roles: [] },
  aclManager: { roles: [], acl: ['collectionManager'] },
  aclDownloader: { roles: [], acl: ['backupDownloader'] },
  key: { roles: ['systemAdmin'], key: true },
  scoped: { roles: ['systemAdmin'], scope: true },
  deactivated: { roles: ['systemAdmin'], gone: 'deactivated' },
  vanished: { roles: ['systemAdmin'], gone: 'removed' },
  elsewhere: { roles: ['systemAdmin'], gone: 'address' },
  revoked: { roles: ['systemAdmin'], gone: 'revoked' },
} as const;
type ActorName = keyof typeof actors;

const limited: ActorName[] = ['key', 'scoped'];
const download: ActorName[] = ['admin', 'manager', 'downloader'];
const upload: ActorName[] = ['admin', 'manager', 'uploader', 'anytime'];
const manage: ActorName[] = ['admin', 'manager'];
const people: ActorName[] = ['admin', 'userManager', 'usersManager'];
const living = (Object.keys(actors) as ActorName[]).filter((name) => !('gone' in actors[name]));
const either = [...new Set([...download, ...upload])];
/** What access control and limits add for the collection `shop-db`, and do not for the other one. */
const own = {
  download: [...download, ...limited, 'aclManager', 'aclDownloader'] as ActorName[],
  upload: [...upload, ...limited, 'aclManager'] as ActorName[],
  either: [...either, ...limited, 'aclManager', 'aclDownloader'] as ActorName[],
  manage: [...manage, 'aclManager'] as ActorName[],
};

interface Row {
  /** Whom the decision lets in on `shop-db`; what the request then comes to does not matter. */
  readonly own: readonly ActorName[];
  /** On a collection that gives nobody anything. Default: the route is about no collection. */
  readonly other?: readonly ActorName[];
  readonly body?: unknown;
}

const versions = (channel: string) => `/api/${channel}/repository/collection/{collectionId}/version`;
const collection = '/api/stable/repository/collection/{collectionId}';
const user = '/api/stable/users/{userName}';
const managed: Row = { own: own.manage, other: manage };

/** The one table: a route that is missing here fails the test. Bodies are such that nothing is changed. */
const table: Record<string, Row | 'open' | 'session'> = {
  'GET /health': 'open',
  'GET /ready': 'open',
  'GET /metrics': 'open',
  'GET /api/stable/openapi.json': 'open',
  'POST /api/stable/auth/login': 'open',
  'GET /api/stable/auth/refresh_token': 'session',
  'DELETE /api/stable/auth/logout': 'session',
  'GET /api/stable/auth/whoami': { own: living },
  'GET /api/stable/auth/token': { own: living },
  'GET /api/stable/auth/user/{userName}': { own: people },
  [`GET ${collection}/health`]: 'open',
  [`GET ${versions('alpha')}`]: { own: own.either, other: either },
  [`GET ${versions('stable')}`]: { own: own.either, other: either },
  [`GET ${versions('alpha')}/{versionNum}`]: { own: own.download, other: download },
  [`GET ${versions('stable')}/{versionNum}`]: { own: own.download, other: download },
  [`POST ${versions('alpha')}`]: { own: own.upload, other: upload },
  [`POST ${versions('stable')}`]: { own: own.upload, other: upload },
  [`GET ${collection}/usage`]: { own: own.either, other: either },
  [`POST ${collection}/uploads`]: { own: own.upload, other: upload, body: { key: 'x' } },
  [`GET ${collection}/uploads/{uploadId}`]: { own: own.upload, other: upload },
  [`PATCH ${collection}/uploads/{uploadId}`]: { own: own.upload, other: upload },
  [`DELETE ${collection}/uploads/{uploadId}`]: { own: own.upload, other: upload },
  [`POST ${collection}/uploads/{uploadId}/finalise`]: { own: own.upload, other: upload },
  [`POST ${collection}/version/{versionNum}/hold`]: { ...managed, body: {} },
  [`DELETE ${collection}/version/{versionNum}/hold`]: managed,
  [`DELETE ${collection}/version/{versionNum}`]: managed,
  [`POST ${collection}/version/{versionNum}/verify`]: managed,
  [`GET ${collection}/verification`]: { own: own.either, other: either },
  [`GET ${collection}/forecast`]: { own: own.either, other: either },
  'GET /api/stable/repository/collection': { own: living },
  'POST /api/stable/repository/collection': { own: manage, body: {} },
  [`GET ${collection}`]: { own: own.either, other: either },
  [`PATCH ${collection}`]: { ...managed, body: { nonsense: 1 } },
  [`DELETE ${collection}`]: { ...managed, body: { nonsense: 1 } },
  'GET /api/stable/users': { own: people },
  'POST /api/stable/users': { own: people, body: {} },
  [`GET ${user}`]: { own: people },
  [`PATCH ${user}`]: { own: people, body: { nonsense: 1 } },
  [`DELETE ${user}`]: { own: people },
  [`POST ${user}/password`]: { own: people, body: {} },
  [`DELETE ${user}/sessions`]: { own: people },
  [`GET ${user}/access-keys`]: { own: people },
  [`POST ${user}/access-keys`]: { own: people, body: { name: 'k', objects: mine, expiresAt: '2999-01-01T00:00:00Z' } },
  [`PATCH ${user}/access-keys/{keyName}`]: { own: people, body: {} },
  [`POST ${user}/access-keys/{keyName}/rotate`]: { own: people, body: {} },
  [`DELETE ${user}/access-keys/{keyName}`]: { own: people },
  'GET /api/stable/audit': { own: ['admin'] },
};

const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
);
/** Routes that only a systemAdmin reaches and that are about no collection. */
const adminOnly = documented.filter((route) => /sweep/.test(route));

describe('who may do what', () => {
  let shop: Harness;
  const tokens = new Map<ActorName, string>();

  beforeAll(async () => {
    shop = await createShop();
    const password = await hashOnce('secret');
    const key = { name: 'k', password, objects: mine };
    for (const [name, actor] of Object.entries(actors)) {
      const spec = { email: '', roles: actor.roles, password, accessKeys: [key] };
      await shop.put('BackupUser', name.toLowerCase(), spec);
      const scope = 'scope' in actor ? { operationsScope: { elements: mine } } : {};
      const login = `${name.toLowerCase()}${'key' in actor ? '$k' : ''}`;
      tokens.set(name as ActorName, await shop.login(login, 'secret', scope));
    }
    const accessControl = [
      { name: 'aclmanager', roles: ['collectionManager'] },
      { name: 'acldownloader', roles: ['backupDownloader'] },
    ];
    await shop.put('BackupCollection', 'shop-db', { ...collectionSpec, accessControl });
    await shop.put('BackupCollection', 'other-db', collectionSpec);
    const spec = { email: '', roles: ['systemAdmin'], password };
    await shop.put('BackupUser', 'deactivated', { ...spec, deactivated: true });
    await shop.put('BackupUser', 'elsewhere', { ...spec, restrictByIP: ['192.0.2.0/24', '2001:db8::/32'] });
    await shop.remove('BackupUser', 'vanished');
    await call(shop, 'DELETE /api/stable/auth/logout', { token: tokens.get('revoked') ?? '' });
  });
  afterAll(() => shop.stop());

  it('names every route of the document', () => {
    expect([...Object.keys(table), ...adminOnly].sort()).toEqual([...documented].sort());
  });

  const isIn = async (
    route: string,
    actor: ActorName,
    where: { collection: string; body: unknown },
  ): Promise<boolean> => {
    const target = route
      .replace('{collectionId}', where.collection)
      .replace('{versionNum}', '99')
      .replace('{uploadId}', 'absent')
      .replace('{userName}', 'ghost')
      .replace('{keyName}', 'absent');
    const isUpload = /^POST .*\/version$/.test(route);
    const body = isUpload ? { body: armoured() } : where.body === undefined ? {} : { json: where.body };
    const headers: Record<string, string> = route.startsWith('PATCH') ? { 'upload-offset': '0' } : {};
    const { status } = await call(shop, target, { token: tokens.get(actor) ?? '', headers, ...body });
    return status !== 403 && status !== 401;
  };

  const rows = [
    ...Object.entries(table).filter((entry): entry is [string, Row] => typeof entry[1] !== 'string'),
    ...adminOnly.map((route): [string, Row] => [route, { own: ['admin'] }]),
  ];
  it.each(rows)('%s', async (route, row) => {
    const decide = async (where: string) => {
      const welcome: ActorName[] = [];
      for (const actor of Object.keys(actors) as ActorName[]) {
        if (await isIn(route, actor, { collection: where, body: row.body })) {
          welcome.push(actor);
        }
      }
      return welcome.sort();
    };
    expect(await decide('shop-db'), 'shop-db').toEqual([...new Set(row.own)].sort());
    if (row.other !== undefined) {
      expect(await decide('other-db'), 'other-db').toEqual([...new Set(row.other)].sort());
    }
  });

  it('lets in nobody without a token, or with a forged one', async () => {
    for (const [route] of rows) {
      const target = route.replace('{collectionId}', 'shop-db').replace(/\{\w+\}/g, 'x');
      expect((await call(shop, target)).status, route).toBe(401);
      expect((await call(shop, target, { token: 'a.b.c' })).status, route).toBe(401);
    }
  });
});
