import { readdir, readFile, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { call } from '../testing/api.ts';
import { collectionSpec, createShop, type Harness, hashOnce } from '../testing/harness.ts';
import { armoured, sha256 } from '../testing/messages.ts';
import { eventually } from '../testing/raw-client.ts';

const day = 86_400_000;
const base = '/api/stable/repository/collection/shop-db';
let now = new Date('2026-11-23T12:00:00Z');
let shop: Harness;
let token = '';
afterEach(() => shop.stop());

const open = async (spec: Record<string, unknown> = {}, options: Record<string, unknown> = {}): Promise<void> => {
  now = new Date('2026-11-23T12:00:00Z');
  shop = await createShop({ clock: { now: () => now }, ...options });
  await shop.put('BackupCollection', 'shop-db', { ...collectionSpec, ...spec });
  token = await shop.login('admin');
};
const pass = async (milliseconds: number): Promise<void> => {
  now = new Date(now.getTime() + milliseconds);
  token = await shop.login('admin');
};
const upload = (body: Uint8Array = armoured()) => call(shop, `POST ${base}/version`, { token, body });
const versions = async () => (await call(shop, `GET ${base}/version`, { token })).body.data.versions;
const numbers = async (): Promise<number[]> =>
  (await versions()).map((version: { versionNumber: number }) => version.versionNumber);
const file = (number: number): string => path.join(shop.home, 'blobs', 'shop-db', `shop-db-${number}.tar.gz`);
const flip = async (number: number): Promise<void> => {
  const bytes = await readFile(file(number));
  bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
  await writeFile(file(number), bytes);
};
const hold = (number: number, json: unknown) => call(shop, `POST ${base}/version/${number}/hold`, { token, json });
const verify = (number: number) => call(shop, `POST ${base}/version/${number}/verify`, { token });
const health = async (name: string) =>
  (await call(shop, `GET ${base}/health`)).body.data.health.find((item: { name: string }) => item.name === name);
describe('holds', () => {
  it('keep a version while others leave, until they end', async () => {
    await open();
    await upload();
    const until = new Date(now.getTime() + day).toISOString();
    const held = await hold(1, { reason: 'the audit of May', until });
    expect([held.status, held.body.data.version.hold]).toEqual([
      200,
      { reason: 'the audit of May', by: 'admin', at: now.toISOString(), until },
    ]);
    for (let count = 0; count < 4; count += 1) {
      expect((await upload()).status).toBe(200);
    }
    expect(await numbers()).toEqual([1, 3, 4, 5]);
    await pass(day + 1);
    const { forecast } = (await call(shop, `GET ${base}/forecast`, { token })).body.data;
    expect(forecast.expiredHolds).toEqual([1]);
    await upload();
    expect(await numbers()).toEqual([4, 5, 6]);
  });

  it('are ended by whoever may set them, and refuse bad values', async () => {
    await open();
    await upload();
    expect((await hold(1, { reason: 'x' })).status).toBe(200);
    const [one] = await versions();
    expect(one.hold).toMatchObject({ reason: 'x', until: null });
    expect((await call(shop, `DELETE ${base}/version/1/hold`, { token })).body.data.version.hold).toBeUndefined();
    const past = new Date(now.getTime() - 1).toISOString();
    for (const json of [
      {},
      { reason: '' },
      { reason: 'a\nb' },
      { reason: 'x', until: past },
      { reason: 'x', more: 1 },
    ]) {
      expect((await hold(1, json)).status).toBe(400);
    }
    expect([(await hold(9, { reason: 'x' })).status, (await hold(0, { reason: 'x' })).status]).toEqual([404, 404]);
  });

  it('make an upload fail with words when they take its room, and health says it before', async () => {
    await open({ maxBackupsCount: 2, maxOneVersionSize: '1K', maxCollectionSize: '2K' });
    await upload(armoured(900));
    await upload(armoured(900));
    expect((await health('RetentionValidator')).status).toBe(true);
    await hold(1, { reason: 'x' });
    await hold(2, { reason: 'x' });
    const refused = await upload(armoured(900));
    expect([refused.status, refused.body.error]).toEqual([
      500,
      expect.stringMatching(/^cannot upload version. .*the versions 1 would leave/),
    ]);
    const key = await call(shop, `POST ${base}/uploads`, {
      token,
      json: { key: 'a-key-that-is-new', expectedBytes: 900 },
    });
    expect([key.status, key.body.error]).toEqual([
      413,
      expect.stringMatching(/the versions 1 would leave for it, but a hold/),
    ]);
    expect((await health('RetentionValidator')).message).toMatch(/no room because these versions are protected: 1/);
    const { forecast } = (await call(shop, `GET ${base}/forecast`, { token })).body.data;
    expect(forecast).toMatchObject({ fullBecauseOfProtection: [1], uploadsThatFit: 0 });
    expect(await numbers()).toEqual([1, 2]);
  });

  it('win against an upload that counted on the room', async () => {
    await open({ maxBackupsCount: 1, maxOneVersionSize: '1K', maxCollectionSize: '1K' });
    await upload(armoured(900));
    const body = armoured(900);
    const opened = await call(shop, `POST ${base}/uploads`, { token, json: { key: 'a-key-that-is-new' } });
    const { id } = opened.body.data.upload;
    await call(shop, `PATCH ${base}/uploads/${id}`, { token, headers: { 'upload-offset': '0' }, body });
    expect((await hold(1, { reason: 'x' })).status).toBe(200);
    const json = { sha256: sha256(body), size: body.length };
    const end = await call(shop, `POST ${base}/uploads/${id}/finalise`, { token, json });
    expect([end.status, end.body.error]).toEqual([413, expect.stringContaining('are protected now by a hold')]);
    expect(await numbers()).toEqual([1]);
    expect((await call(shop, `GET ${base}/usage`, { token })).body.data.usage.reservedBytes).toBe(0);
  });
});

describe('rights', () => {
  it('belong to managers: of the system, of the collection, and of a session with such a scope', async () => {
    await open();
    const password = await hashOnce('secret');
    const user = (name: string, roles: string[]) => shop.put('BackupUser', name, { email: '', roles, password });
    await user('uploader', ['backupUploader', 'backupDownloader', 'uploadsAnytime', 'usersManager']);
    await user('manager', []);
    const accessControl = [{ name: 'manager', type: 'user', roles: ['collectionManager'] }];
    await shop.put('BackupCollection', 'shop-db', { ...collectionSpec, accessControl });
    await upload();
    const scope = (role: string) => ({
      operationsScope: { elements: [{ type: 'collection', name: 'shop-db', roles: [role] }] },
    });
    const statusesOf = async (mine: string): Promise<number[]> => {
      const json = { reason: 'x' };
      const calls = [
        await call(shop, `POST ${base}/version/1/hold`, { token: mine, json }),
        await call(shop, `DELETE ${base}/version/1/hold`, { token: mine }),
        await call(shop, `POST ${base}/version/1/verify`, { token: mine }),
        await call(shop, `DELETE ${base}/version/9`, { token: mine }),
        await call(shop, 'GET /api/stable/repository/storage/sweep', { token: mine }),
      ];
      return calls.map(({ status }) => status);
    };
    const all = [200, 200, 200, 404];
    expect(await statusesOf(token)).toEqual([...all, 200]);
    expect(await statusesOf(await shop.login('manager'))).toEqual([...all, 403]);
    expect(await statusesOf(await shop.login('admin', 'secret', scope('collectionManager')))).toEqual([...all, 403]);
    const none = [403, 403, 403, 403, 403];
    expect(await statusesOf(await shop.login('admin', 'secret', scope('backupUploader')))).toEqual(none);
    expect(await statusesOf(await shop.login('uploader'))).toEqual(none);
    const nobody = await shop.login('nobody');
    for (const path of ['forecast', 'verification']) {
      expect((await call(shop, `GET ${base}/${path}`, { token: nobody })).status).toBe(403);
    }
  });
});

describe('deletion', () => {
  it('removes a version and its bytes, but no held one, and the last good one only when told so', async () => {
    await open();
    await upload();
    await upload();
    await hold(1, { reason: 'keep it' });
    const remove = (number: number, json?: unknown) =>
      call(shop, `DELETE ${base}/version/${number}`, { token, ...(json === undefined ? {} : { json }) });
    const held = await remove(1, { lastGood: true });
    expect([held.status, held.body.error]).toEqual([409, 'this version is held (keep it): end the hold first']);
    expect((await remove(2)).status).toBe(200);
    expect([await numbers(), await readdir(path.dirname(file(1)))]).toEqual([[1], ['shop-db-1.tar.gz']]);
    expect((await remove(2)).status).toBe(404);
    await call(shop, `DELETE ${base}/version/1/hold`, { token });
    expect((await remove(1)).status).toBe(409);
    expect((await remove(1, { lastGood: true })).status).toBe(200);
    expect(await numbers()).toEqual([]);
    await upload();
    expect(await numbers()).toEqual([3]);
  });

  it('and a rotation at the same moment leave one good version', async () => {
    await open({ maxBackupsCount: 1 }, {});
    for (let round = 0; round < 8; round += 1) {
      await upload();
      const last = (await numbers()).at(-1) ?? 0;
      await Promise.all([
        upload(),
        call(shop, `DELETE ${base}/version/${last + 1}`, { token }),
        call(shop, `DELETE ${base}/version/${last}`, { token }),
      ]);
      expect((await numbers()).length).toBeGreaterThanOrEqual(1);
    }
  });

  it('leaves one good version, however many delete at once', async () => {
    await open();
    for (let count = 0; count < 3; count += 1) {
      await upload();
    }
    const removed = await Promise.all(
      [1, 2, 3].map((number) => call(shop, `DELETE ${base}/version/${number}`, { token })),
    );
    expect(removed.map(({ status }) => status).sort()).toEqual([200, 200, 409]);
    expect(await numbers()).toHaveLength(1);
  });
});

describe('verification', () => {
  it('finds every flipped bit, cut and loss, and offers only good versions', async () => {
    await open({ maxBackupsCount: 9, maxCollectionSize: '9M' });
    for (let count = 0; count < 4; count += 1) {
      await upload();
    }
    expect((await verify(1)).body.data.verification).toMatchObject({ state: 'good', verifiedAt: now.toISOString() });
    await flip(2);
    await truncate(file(3), 50);
    await rm(file(4));
    expect((await Promise.all([2, 3, 4].map(verify))).map(({ body }) => body.data.verification.state)).toEqual([
      'damaged',
      'damaged',
      'missing',
    ]);
    const latest = await call(shop, `GET ${base}/version/latest`, { token });
    expect(latest.headers.get('content-disposition')).toContain('shop-db-1.tar.gz');
    const refused = await call(shop, `GET ${base}/version/2`, { token });
    expect([refused.status, refused.body.error]).toEqual([
      409,
      expect.stringMatching(/version 2 is known to be bad.*newest good one is 1/),
    ]);
    const forced = await call(shop, `GET ${base}/version/3?bad=true`, { token });
    expect([forced.status, forced.text.length, forced.headers.get('etag')]).toEqual([200, 50, null]);
    expect((await versions())[1].verification).toMatchObject({ result: 'damaged', digest: 'recorded' });
    expect((await health('VerificationValidator')).message).toMatch(/damaged or missing: 2, 3, 4/);
    const report = (await call(shop, `GET ${base}/verification`, { token })).body.data.verification;
    expect([report.bad, report.versions.map((one: { state: string }) => one.state)]).toEqual([
      [2, 3, 4],
      ['good', 'damaged', 'damaged', 'missing'],
    ]);
    await flip(2);
    expect((await verify(2)).body.data.verification.state).toBe('good');
  });

  it('is begun by a download that breaks off', async () => {
    await open();
    await upload();
    await flip(1);
    await expect(call(shop, `GET ${base}/version/1`, { token })).rejects.toThrow();
    await eventually(async () => (await versions())[0].verification?.result === 'damaged');
    expect((await call(shop, `GET ${base}/version/latest`, { token })).status).toBe(404);
  });

  it('lets bad versions push out no good one', async () => {
    await open();
    for (let count = 0; count < 3; count += 1) {
      await upload();
    }
    await flip(2);
    await flip(3);
    await Promise.all([2, 3].map(verify));
    await upload();
    expect(await numbers()).toEqual([1, 3, 4]);
    await upload();
    expect(await numbers()).toEqual([1, 4, 5]);
    await upload();
    expect(await numbers()).toEqual([4, 5, 6]);
  });

  it('says in health when versions were not read again in time', async () => {
    await open();
    await upload();
    await pass(30 * day - 1000);
    expect((await health('VerificationValidator')).status).toBe(true);
    await pass(2000);
    expect((await health('VerificationValidator')).message).toBe('versions were not read again in time: 1');
    await verify(1);
    expect((await health('VerificationValidator')).status).toBe(true);
  });
});

describe('a flood of versions', () => {
  it('leaves the last one from before, and raises an alarm', async () => {
    await open();
    for (let count = 0; count < 3; count += 1) {
      await upload();
      await pass(day);
    }
    expect((await health('RetentionValidator')).status).toBe(true);
    await pass(3_600_000);
    for (let count = 0; count < 8; count += 1) {
      expect((await upload()).status).toBe(200);
    }
    expect(await numbers()).toEqual([3, 10, 11]);
    expect((await health('RetentionValidator')).message).toMatch(
      /8 versions came within a day, where 3 are kept. Version 3 from before is still there/,
    );
  });

  it('cannot push out what is younger than the minimum age, and is refused when the room is used', async () => {
    await open({ maxOneVersionSize: '1K', maxCollectionSize: '4K', strategySpec: { minimumAge: '7d' } });
    const answers: number[] = [];
    for (let count = 0; count < 8; count += 1) {
      answers.push((await upload(armoured(900))).status);
    }
    expect([answers.filter((status) => status === 200).length, await numbers()]).toEqual([4, [1, 2, 3, 4]]);
  });
});

describe('the comparison of storage and database', () => {
  const sweep = async () => {
    expect((await call(shop, 'POST /api/stable/repository/storage/sweep', { token })).status).toBe(202);
    let report: { finishedAt: string | null; result: Record<string, unknown>; orphans: { key: string }[] } | undefined;
    await eventually(async () => {
      report = (await call(shop, 'GET /api/stable/repository/storage/sweep', { token })).body.data.sweep;
      return report?.finishedAt === now.toISOString();
    });
    return report;
  };
  const plant = async (name: string, age: number): Promise<string> => {
    const planted = path.join(path.dirname(file(1)), name);
    await writeFile(planted, 'left over');
    const at = new Date(now.getTime() - age);
    await utimes(planted, at, at);
    return planted;
  };

  it('reports objects without a version, and versions without an object', async () => {
    await open();
    await upload();
    await upload();
    await plant('stray.gz', 2 * day);
    await plant('young.gz', day / 2);
    await rm(file(1));
    await pass(1000);
    const report = await sweep();
    expect(report?.result).toMatchObject({ objects: 3, orphans: 1, removed: 0, missing: 1, doubtful: false });
    expect(report?.orphans.map(({ key }) => key)).toEqual(['shop-db/stray.gz']);
    expect(
      (await versions()).map((version: { verification?: { result: string } }) => version.verification?.result),
    ).toEqual(['missing', undefined]);
    expect(await readdir(path.dirname(file(1)))).toEqual(expect.arrayContaining(['stray.gz', 'young.gz']));
  });

  it('removes orphans only when told so, after two sights and the grace', async () => {
    await open({}, { removeOrphans: true });
    await upload();
    await plant('stray.gz', 2 * day);
    await pass(1000);
    expect((await sweep())?.result).toMatchObject({ orphans: 1, removed: 0 });
    await pass(day + 1000);
    expect((await sweep())?.result).toMatchObject({ removed: 1 });
    expect(await readdir(path.dirname(file(1)))).toEqual(['shop-db-1.tar.gz']);
    expect((await sweep())?.orphans).toEqual([]);
  });

  it('marks nothing when the storage is another one, and forgives when it is back', async () => {
    await open({ maxBackupsCount: 20, maxCollectionSize: '20M' });
    for (let count = 0; count < 12; count += 1) {
      await upload(armoured(100));
    }
    await rename(path.dirname(file(1)), `${path.dirname(file(1))}.away`);
    await rename(`${path.dirname(file(1))}.away`, path.join(shop.home, 'away'));
    await pass(1000);
    expect((await sweep())?.result).toMatchObject({ missing: 12, doubtful: true });
    expect((await versions()).filter((version: { verification?: unknown }) => version.verification)).toEqual([]);
    expect((await health('VerificationValidator')).message).toMatch(/may be the wrong one/);
    await verify(1);
    await rename(path.join(shop.home, 'away'), path.dirname(file(1)));
    await pass(1000);
    expect((await sweep())?.result).toMatchObject({ missing: 0, doubtful: false });
    expect((await health('VerificationValidator')).status).toBe(true);
  });
});
