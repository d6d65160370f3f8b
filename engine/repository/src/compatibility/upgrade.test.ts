import { createHash } from 'node:crypto';
import { readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningRepository } from '../start-repository.ts';
import { call } from '../testing/api.ts';
import { armoured } from '../testing/messages.ts';
import { postgresIsThere } from '../testing/postgres-server.ts';
import {
  createOldInstallation,
  type OldInstallation,
  type OldVersion,
  oldToken,
  oldVersion,
} from './old-installation.ts';
import { takeOver } from './take-over.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const needed = postgresIsThere();

const shopFile = (number: number): string => `shop-db-${number}.tar.gz`;
const shop = (number: number, more: Partial<OldVersion> = {}): OldVersion =>
  oldVersion('shop-db', number, { filename: shopFile(number), ...more });
const shopVersions = [
  shop(1, { deleted: true, bytesGone: true }),
  shop(2, { deleted: true, bytesGone: true }),
  shop(3),
  shop(4),
  shop(5, { deleted: true, bytesGone: true, age: 999 }),
  shop(5),
];
// Two uploads at once had one number: once with one file, once, after a change of the template, with one for each.
const twins = [
  oldVersion('twins', 1, { filename: 'a-1.gz' }),
  oldVersion('twins', 2, { filename: 'a-2.gz', content: armoured(50), bytesGone: true, age: 500 }),
  oldVersion('twins', 2, { filename: 'a-2.gz', content: armoured(70), age: 499 }),
  oldVersion('twins', 3, { filename: 'a-3.gz', content: armoured(80), age: 400 }),
  oldVersion('twins', 3, { filename: 'b-3.gz', content: armoured(90), age: 399 }),
];
// A template without a number: each upload overwrote the one before.
const fixed = [1, 2, 3].map((number) =>
  oldVersion('fixed', number, { filename: 'backup.gz', bytesGone: number < 3, age: 100 - number }),
);
const aged = oldVersion('aged', 1, { filename: 'aged-1.gz', age: 90 * 24 * 60 });
const free = oldVersion('free', 1, { filename: 'nightly/../db "prod" 1.gz' });
const freeFile = 'nightly/..__0x2f__db "prod" 1.gz';

describe.skipIf(!needed)(`an installation of the old server${needed ? '' : ' (needs initdb and pg_ctl)'}`, () => {
  let old: OldInstallation;
  let server: RunningRepository;
  let inodes: Map<string, string>;
  const token = oldToken();
  const asked = (target: string, body?: Uint8Array) =>
    call(server, `${target.split(' ')[0]} /api${target.split(' ')[1]}`, { token, ...(body ? { body } : {}) });
  const list = async (collection: string) =>
    (await asked(`GET /stable/repository/collection/${collection}/version`)).body.data.versions;
  const numbers = async (collection: string): Promise<number[]> =>
    (await list(collection)).map((version: { versionNumber: number }) => version.versionNumber);
  const upload = (collection: string, body: Uint8Array) =>
    asked(`POST /alpha/repository/collection/${collection}/version`, body);
  const download = async (collection: string, name: string | number) => {
    const url = `${server.url}/api/alpha/repository/collection/${collection}/version/${name}`;
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
  };
  const files = async (): Promise<Map<string, string>> => {
    const names = await readdir(old.bucket, { recursive: true });
    const entries = await Promise.all(
      names.map(async (name): Promise<[string, string]> => {
        const { ino, mtimeMs, size } = await stat(path.join(old.bucket, name));
        return [name, `${ino} ${mtimeMs} ${size}`];
      }),
    );
    return new Map(entries.filter(([name]) => /\.(gz|attrs)$/.test(name)));
  };

  beforeAll(async () => {
    old = await createOldInstallation();
    for (const version of [...shopVersions, ...twins, ...fixed, aged]) {
      await old.addVersion(version);
    }
    await old.addVersion(free, freeFile);
    await old.putCollection('shop-db', { filenameTemplate: 'shop-db-${version}.tar.gz', maxBackupsCount: 3 });
    await old.putCollection('twins', { filenameTemplate: 'b-${version}.gz', maxBackupsCount: 4 });
    await old.putCollection('fixed', { filenameTemplate: 'backup.gz' });
    await old.putCollection('aged', { filenameTemplate: 'aged-${version}.gz' });
    await old.putCollection('free', { filenameTemplate: 'nightly/../db "prod" ${version}.gz' });
    // What a killed old server leaves: bytes without a row, temporary files, its lock.
    await writeFile(path.join(old.bucket, 'shop-db', shopFile(6)), armoured(10));
    await writeFile(path.join(old.bucket, 'shop-db', 'fileblob123456'), 'half');
    await writeFile(path.join(old.bucket, '.health-1700000000000000000'), 'x');
    await old.query(`insert into locks values ('collection:shop-db', now() + interval '3 hours'),
      ('collection:twins', now() - interval '1 day')`);
    await old.grant(token);
    inodes = await files();
    server = await takeOver(old);
  });
  afterAll(async () => {
    await server?.stop();
    await old?.remove();
  });

  it('lets access tokens of the old server in, by its key and its database', async () => {
    const whoami = await asked('GET /stable/auth/whoami');
    expect([whoami.status, whoami.body.data.sessionId]).toEqual([200, hashOf(token)]);
    expect(whoami.body.data.grantedAccess).toMatchObject({
      id: hashOf(token),
      user: 'admin',
      description: 'Login',
      requesterIP: '10.0.0.7',
      accessKeyName: '',
      deactivated: false,
      DeletedAt: null,
    });
    const status = async (other: string) =>
      (await call(server, 'GET /api/stable/auth/whoami', { token: other })).status;
    const [revoked, expired, keyed] = [
      oldToken({ rand: '0' }),
      oldToken({ rand: '1' }),
      oldToken({ accessKeyName: 'gone' }),
    ];
    await old.grant(revoked, { deactivated: true });
    await old.grant(expired, { expired: true });
    await old.grant(keyed);
    expect(await status(revoked)).toBe(403);
    expect(await status(expired)).toBe(403);
    expect(await status(keyed)).toBe(403);
    expect(await status(oldToken({ rand: '2' }))).toBe(403);
    expect(await status(oldToken({}, 'another key'))).toBe(401);
    const scoped = oldToken({
      operationsScope: Buffer.from(
        '{"elements":[{"type":"collection","name":"shop-db","roles":["backupDownloader"]}]}',
      ).toString('base64'),
    });
    await old.grant(scoped);
    const path = '/api/stable/repository/collection';
    expect((await call(server, `GET ${path}/shop-db/version`, { token: scoped })).status).toBe(200);
    expect((await call(server, `GET ${path}/twins/version`, { token: scoped })).status).toBe(403);
    const login = { json: { username: 'admin', password: 'admin' } };
    expect((await call(server, 'POST /api/stable/auth/login', login)).status).toBe(200);
  });

  it('lists and gives every version whose bytes are there', async () => {
    expect(await numbers('shop-db')).toEqual([3, 4, 5]);
    const [third] = await list('shop-db');
    expect(third).toMatchObject({ filename: shopFile(3), user: 'admin', filesize: shop(3).content.length });
    for (const version of shopVersions.filter(({ deleted }) => !deleted)) {
      const { status, bytes } = await download('shop-db', version.number);
      expect([status, bytes.equals(version.content)]).toEqual([200, true]);
    }
    expect((await download('shop-db', 'latest')).bytes.equals(shopVersions.at(-1)?.content ?? Buffer.alloc(0))).toBe(
      true,
    );
    expect((await download('shop-db', 1)).status).toBe(404);
  });

  it('is healthy from the first minute', async () => {
    for (const collection of ['aged', 'shop-db']) {
      const answer = await asked(`GET /stable/repository/collection/${collection}/health`);
      expect(answer.status, answer.text).toBe(200);
    }
    expect((await call(server, 'GET /ready')).status).toBe(200);
  });

  it('copies and touches nothing', async () => {
    expect(await files()).toEqual(inodes);
  });

  it('keeps versions that share a number, without the ones that were overwritten', async () => {
    expect(await numbers('twins')).toEqual([1, 2, 3, 3]);
    expect((await download('twins', 2)).bytes.equals(armouredOf(twins[2]))).toBe(true);
    expect((await download('twins', 3)).bytes.equals(armouredOf(twins[4]))).toBe(true);
    expect((await download('twins', 'latest')).bytes.equals(armouredOf(twins[4]))).toBe(true);
    expect(await numbers('fixed')).toEqual([3]);
    expect((await download('fixed', 3)).bytes.equals(armouredOf(fixed[2]))).toBe(true);
  });

  it('continues numbers where no file stands in the way, and rotates', async () => {
    const body = armoured(400);
    const started = performance.now();
    const answer = await upload('shop-db', body);
    // Two seconds of grace, in which an old client can take its upload back by hanging up.
    expect(performance.now() - started).toBeGreaterThan(1990);
    expect([answer.status, answer.body.data.version?.versionNumber], answer.text).toEqual([200, 7]);
    expect(await numbers('shop-db')).toEqual([4, 5, 7]);
    expect((await download('shop-db', 7)).bytes.equals(body)).toBe(true);
    const names = [...(await files()).keys()].filter((name) => name.startsWith('shop-db/'));
    expect(names.sort()).toEqual(
      [4, 5]
        .flatMap((number) => [`shop-db/${shopFile(number)}`, `shop-db/${shopFile(number)}.attrs`])
        .concat([`shop-db/${shopFile(6)}`, `shop-db/${shopFile(7)}`]),
    );
  });

  it('rotates twins one by one, by age', async () => {
    expect((await upload('twins', armoured(60))).status).toBe(200);
    expect(await numbers('twins')).toEqual([2, 3, 3, 4]);
    expect((await upload('twins', armoured(60))).status).toBe(200);
    expect((await upload('twins', armoured(60))).status).toBe(200);
    expect(await numbers('twins')).toEqual([3, 4, 5, 6]);
    expect((await download('twins', 3)).bytes.equals(armouredOf(twins[4]))).toBe(true);
  });

  it('reads file names that it would not write, and says what to change', async () => {
    const found = await download('free', 1);
    expect([found.status, found.bytes.equals(free.content)]).toEqual([200, true]);
    expect(found.headers.get('content-disposition')).toBe(
      `attachment; filename="nightly/../db _prod_ 1.gz"; filename*=UTF-8''nightly%2F..%2Fdb%20%22prod%22%201.gz`,
    );
    for (const collection of ['free', 'fixed']) {
      const refused = await upload(collection, armoured(60));
      expect([refused.status, refused.body.error]).toEqual([
        500,
        'cannot construct validators cannot construct standard middlewares, error: filenameTemplate must hold ${version} once, and beside it only letters, digits, dots, dashes and underscores',
      ]);
    }
    await old.putCollection('free', { filenameTemplate: 'db-${version}.gz', maxBackupsCount: 1 });
    expect((await upload('free', armoured(60))).body.data.version).toMatchObject({ versionNumber: 2 });
    expect(await numbers('free')).toEqual([2]);
    expect([...(await files()).keys()].filter((name) => name.startsWith('free/'))).toEqual(['free/db-2.gz']);
  });

  it('never removes a file that another version still needs', async () => {
    await old.query(`update uploaded_versions set deleted_at = null where collection_id = 'fixed'`);
    await old.putCollection('fixed', { filenameTemplate: 'backup-${version}.gz', maxBackupsCount: 2 });
    expect((await upload('fixed', armoured(60))).status).toBe(200);
    expect(await numbers('fixed')).toEqual([3, 4]);
    expect((await download('fixed', 3)).bytes.equals(armouredOf(fixed[2]))).toBe(true);
  });

  describe('and the way back', () => {
    it('leaves columns, types and indexes of the old server as they were', async () => {
      const rows =
        await old.query(`select table_name, column_name, data_type, is_nullable from information_schema.columns
        where table_name in ('granted_accesses', 'uploaded_versions', 'locks')`);
      const columns = new Map<string, string>(
        rows.map(
          ({ table_name, column_name, data_type, is_nullable }) =>
            [`${table_name}.${column_name}`, `${data_type} ${is_nullable}`] as [string, string],
        ),
      );
      const time = 'timestamp with time zone YES';
      const wanted: Record<string, string> = {
        ...{ 'granted_accesses.id': 'text NO', 'granted_accesses.created_at': time },
        ...{ 'granted_accesses.updated_at': time, 'granted_accesses.deleted_at': time },
        ...{ 'granted_accesses.expires_at': time, 'granted_accesses.deactivated': 'boolean YES' },
        ...{ 'granted_accesses.description': 'text YES', 'granted_accesses.requester_ip': 'text YES' },
        ...{ 'granted_accesses.user': 'text YES', 'granted_accesses.access_key_name': 'text YES' },
        ...{ 'uploaded_versions.id': 'text NO', 'uploaded_versions.collection_id': 'text YES' },
        ...{ 'uploaded_versions.version_number': 'bigint YES', 'uploaded_versions.filename': 'text YES' },
        ...{ 'uploaded_versions.filesize': 'bigint YES', 'uploaded_versions.uploaded_by_session_id': 'text YES' },
        ...{ 'uploaded_versions.uploader': 'text YES', 'uploaded_versions.created_at': time },
        ...{ 'uploaded_versions.updated_at': time, 'uploaded_versions.deleted_at': time },
        ...{ 'locks.id': 'text NO', 'locks.expires': time },
      };
      for (const [name, type] of Object.entries(wanted)) {
        expect(columns.get(name), name).toBe(type);
      }
      const added = rows.filter(({ table_name, column_name }) => wanted[`${table_name}.${column_name}`] === undefined);
      const optional = await old.query(`select table_name || '.' || column_name as name from information_schema.columns
        where table_name in ('granted_accesses', 'uploaded_versions', 'locks')
          and (is_nullable = 'YES' or column_default is not null)`);
      for (const { table_name, column_name } of added) {
        expect(optional.map(({ name }) => name)).toContain(`${table_name}.${column_name}`);
      }
      const indexes = (await old.query('select indexname from pg_indexes')).map(({ indexname }) => indexname);
      expect(indexes).toEqual(
        expect.arrayContaining(['idx_granted_accesses_deleted_at', 'idx_uploaded_versions_deleted_at']),
      );
    });

    it('answers the queries of the old server: sessions, versions, locks', async () => {
      const answer = await call(server, 'POST /api/stable/auth/login', {
        json: { username: 'admin', password: 'admin' },
      });
      const { sessionId } = answer.body.data;
      const [granted] = await old.query(
        `select * from "granted_accesses" where id = $1 and "granted_accesses"."deleted_at" is null
          order by "granted_accesses"."id" limit 1`,
        [sessionId],
      );
      expect(granted).toMatchObject({ user: 'admin', deactivated: false, access_key_name: '', description: 'Login' });
      expect(granted.expires_at.getTime()).toBeGreaterThan(Date.now());
      await server.stop();

      const latest = `select * from "uploaded_versions" where collection_id = $1 and "uploaded_versions"."deleted_at" is null
        order by version_number desc limit 1`;
      const [newest] = await old.query(latest, ['shop-db']);
      expect(newest).toMatchObject({ version_number: '7', filename: shopFile(7) });
      expect((await stat(path.join(old.bucket, 'shop-db', newest.filename))).size).toBe(Number(newest.filesize));

      await old.query(`delete from "locks" where expires < now()`);
      await old.query(
        `insert into "locks" ("id", "expires") values ('collection:shop-db', now() + interval '3 hours')`,
      );
      await old.addVersion(shop(8, { age: 1 }));
      await old.addVersion(shop(9, { age: 0 }));
      await old.query(
        `update "uploaded_versions" set "deleted_at" = now() where "uploaded_versions"."collection_id" = 'shop-db'
          and "uploaded_versions"."version_number" = 4 and "uploaded_versions"."deleted_at" is null`,
      );
      await old.query(`delete from "locks" where "locks"."id" = 'collection:shop-db'`);
      await old.query(`update "granted_accesses" set "deactivated" = true, "updated_at" = now() where "id" = $1`, [
        sessionId,
      ]);
      const visible = await old.query(
        `select version_number from "uploaded_versions" where "uploaded_versions"."collection_id" = 'shop-db'
          and "uploaded_versions"."deleted_at" is null order by version_number`,
      );
      expect(visible.map(({ version_number }) => Number(version_number))).toEqual([5, 7, 8, 9]);
    });

    it('and forward again: the numbers go on behind those of the old server', async () => {
      server = await takeOver(old);
      expect(await numbers('shop-db')).toEqual([5, 7, 8, 9]);
      const answer = await upload('shop-db', armoured(60));
      expect([answer.status, answer.body.data.version?.versionNumber], answer.text).toEqual([200, 10]);
      expect(await numbers('shop-db')).toEqual([8, 9, 10]);
    });
  });
});

function armouredOf(version: OldVersion | undefined): Buffer {
  return version?.content ?? Buffer.alloc(0);
}
