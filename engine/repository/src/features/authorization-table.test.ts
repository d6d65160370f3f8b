import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../testing/api.ts';
import {
  type ActorName,
  actors,
  authorizationTable,
  decidedRows,
  isPlainUpload,
  requestOf,
  scopeOfOne,
} from '../testing/authorization-table.ts';
import { document } from '../testing/documented.ts';
import { collectionSpec, createShop, type Harness, hashOnce } from '../testing/harness.ts';
import { armoured } from '../testing/messages.ts';

const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
);

describe('who may do what', () => {
  let shop: Harness;
  const tokens = new Map<ActorName, string>();

  beforeAll(async () => {
    shop = await createShop();
    const password = await hashOnce('secret');
    const key = { name: 'k', password, objects: scopeOfOne };
    for (const [name, actor] of Object.entries(actors)) {
      const spec = { email: '', roles: actor.roles, password, accessKeys: [key] };
      await shop.put('BackupUser', name.toLowerCase(), spec);
      const scope = 'scope' in actor ? { operationsScope: { elements: scopeOfOne } } : {};
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
    expect(Object.keys(authorizationTable).sort()).toEqual([...documented].sort());
  });

  const isIn = async (
    route: string,
    actor: ActorName,
    where: { collection: string; body: unknown },
  ): Promise<boolean> => {
    const { target, headers } = requestOf(route, where.collection);
    const json = where.body === undefined ? {} : { json: where.body };
    const body = isPlainUpload(route) ? { body: armoured() } : json;
    const { status } = await call(shop, target, { token: tokens.get(actor) ?? '', headers, ...body });
    return status !== 403 && status !== 401;
  };

  it.each(decidedRows)('%s', async (route, row) => {
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
    for (const [route] of decidedRows) {
      const target = route.replace('{collectionId}', 'shop-db').replace(/\{\w+\}/g, 'x');
      expect((await call(shop, target)).status, route).toBe(401);
      expect((await call(shop, target, { token: 'a.b.c' })).status, route).toBe(401);
    }
  });
});
