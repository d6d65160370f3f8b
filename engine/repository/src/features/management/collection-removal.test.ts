import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { MetadataStore } from '../../metadata/metadata-store.ts';
import { call } from '../../testing/api.ts';
import { collectionSpec, createShop, type Harness } from '../../testing/harness.ts';
import { armoured } from '../../testing/messages.ts';

const one = '/api/stable/repository/collection/shop-db';
const confirm = { confirm: 'shop-db' };

let shop: Harness;
let admin: string;
let metadata: MetadataStore;
/** Each runs once, just before the step of that name. */
let before: Map<string, () => Promise<void>>;

const at = async (step: string): Promise<void> => {
  const work = before.get(step);
  before.delete(step);
  await work?.();
};

beforeEach(async () => {
  before = new Map();
  shop = await createShop(
    {},
    {
      wrap: (parts) => {
        metadata = parts.metadata;
        const { uploads, marks } = metadata;
        const open: typeof uploads.open = async (upload) => {
          await at('open');
          return await uploads.open(upload);
        };
        const retire: typeof marks.retire = async (...args) => {
          await at('retire');
          return await marks.retire(...args);
        };
        return { metadata: { ...metadata, uploads: { ...uploads, open }, marks: { ...marks, retire } } };
      },
    },
  );
  admin = await shop.login('admin');
});
afterEach(() => shop.stop());

const send = (target: string, json?: unknown) =>
  call(shop, target, { token: admin, ...(json === undefined ? {} : { json }) });
const upload = () => call(shop, `POST ${one}/version`, { token: admin, body: armoured() });
const stored = async () => {
  const files = await readdir(path.join(shop.home, 'blobs', 'shop-db'));
  return { files: files.length, versions: (await metadata.versions.list('shop-db')).length };
};
const reopened = () => send(`POST ${one}/uploads`, { key: 'a-key-of-sixteen-letters' });

it('an upload that read of the collection before it went stores nothing', async () => {
  await upload();
  for (const begin of [upload, reopened]) {
    before.set('open', async () => {
      expect((await send(`DELETE ${one}`, confirm)).status).toBe(200);
    });
    expect((await begin()).status).toBe(404);
    expect((await stored()).versions).toBe(0);
    expect(await metadata.uploads.openOnes('shop-db')).toEqual([]);
    await shop.put('BackupCollection', 'shop-db', collectionSpec);
  }
});

it('no upload begins while the versions are removed, and the collection takes none with it', async () => {
  await upload();
  await upload();
  const met: number[] = [];
  before.set('retire', async () => {
    met.push((await upload()).status, (await reopened()).status);
  });
  const removed = await send(`DELETE ${one}`, confirm);
  expect([removed.status, removed.body.data.versions]).toEqual([200, 2]);
  expect(met).toEqual([409, 409]);
  expect(await stored()).toEqual({ files: 0, versions: 0 });
});

it('a removal that is stopped half-way leaves the rest usable, and goes on when it is repeated', async () => {
  for (let count = 0; count < 3; count += 1) {
    await upload();
  }
  let retired = 0;
  const stopAtSecond = async (): Promise<void> => {
    retired += 1;
    if (retired === 2) {
      throw new Error('the power is gone');
    }
    before.set('retire', stopAtSecond);
  };
  before.set('retire', stopAtSecond);
  expect((await send(`DELETE ${one}`, confirm)).status).toBe(500);
  expect(await stored()).toEqual({ files: 2, versions: 2 });
  expect((await send(`GET ${one}/version`)).body.data.versions).toHaveLength(2);
  expect((await upload()).status).toBe(200);
  expect((await send(`DELETE ${one}`, confirm)).body.data.versions).toBe(3);
  expect(await stored()).toEqual({ files: 0, versions: 0 });
  const audit = (await send('GET /api/stable/audit?action=version.delete')).body.data.entries;
  expect(audit.map((entry: { target: string }) => entry.target).sort()).toEqual([
    'version 1',
    'version 2',
    'version 3',
    'version 4',
  ]);
});

it('a version that is held just before its turn stays, with its collection', async () => {
  await upload();
  before.set('retire', async () => {
    expect((await send(`POST ${one}/version/1/hold`, { reason: 'an audit' })).status).toBe(200);
  });
  expect((await send(`DELETE ${one}`, confirm)).status).toBe(409);
  expect((await send(`GET ${one}/version`)).body.data.versions).toHaveLength(1);
  expect((await upload()).status).toBe(200);
});

it('a sweep reports versions whose collection was removed by hand', async () => {
  await upload();
  await shop.remove('BackupCollection', 'shop-db');
  const sweep = '/api/stable/repository/storage/sweep';
  expect((await send(`POST ${sweep}`)).status).toBe(202);
  await expect
    .poll(async () => (await send(`GET ${sweep}`)).body.data.sweep.result)
    .toMatchObject({ unlisted: 1, missing: 0, orphans: 0 });
  expect(await stored()).toEqual({ files: 1, versions: 1 });
});
