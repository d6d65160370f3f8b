import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { collectionSpec } from '../testing/harness.ts';
import { armoured, sha256 } from '../testing/messages.ts';
import { ask, type CrashServer, putConfiguration, startCrashServer, tokenOf } from './crash-server.ts';

const base = '/api/stable/repository/collection/shop-db';
let home: string;
let server: CrashServer;
let token: string;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'backstay-rotation-'));
  await putConfiguration(home, 'shop-db', collectionSpec);
  server = await startCrashServer(home);
  token = await tokenOf(server);
  for (let count = 0; count < 3; count += 1) {
    await upload();
  }
});
afterAll(async () => {
  server.child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

const upload = () => ask(server, `POST ${base}/version`, { token, body: armoured() });
const listed = async (): Promise<{ versionNumber: number; filename: string; sha256: string }[]> =>
  (await ask(server, `GET ${base}/version`, { token })).body.data.versions;

/** Everything listed can be read and is what was stored; nothing else is in the storage. */
const goodOnes = async (): Promise<number[]> => {
  const versions = await listed();
  for (const version of versions) {
    const response = await fetch(`${server.url}${base}/version/${version.versionNumber}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(sha256(Buffer.from(await response.arrayBuffer()))).toBe(version.sha256);
  }
  const files = await readdir(path.join(home, 'blobs', 'shop-db'));
  expect(files.sort()).toEqual(versions.map(({ filename }) => filename).sort());
  return versions.map(({ versionNumber }) => versionNumber);
};

const points = [
  'versions.list',
  'blobs.size',
  'marks.retire',
  'versions.hasFile',
  'blobs.delete',
  'versions.markRemoved',
];

it.each(points.flatMap((point) => [`before ${point}`, `after ${point}`]))(
  'kill -9 of a rotation %s: as many good versions as before',
  async (point) => {
    const before = await goodOnes();
    await server.arm(point);
    const died = new Promise((resolve) => server.child.once('exit', resolve));
    await upload().catch(() => undefined);
    await died;
    server = await startCrashServer(home);
    const after = await goodOnes();
    expect(after.length).toBeGreaterThanOrEqual(3);
    expect(after).toEqual(expect.arrayContaining(before.slice(1)));
    expect((await upload()).status).toBe(200);
    expect(await goodOnes()).toHaveLength(3);
  },
);

it.each(['before blobs.delete', 'after blobs.delete', 'after marks.retire'])(
  'kill -9 of a deletion %s: the version is gone, with its bytes',
  async (point) => {
    const [first, ...others] = await goodOnes();
    await server.arm(point);
    const died = new Promise((resolve) => server.child.once('exit', resolve));
    await ask(server, `DELETE ${base}/version/${first}`, { token }).catch(() => undefined);
    await died;
    server = await startCrashServer(home);
    expect(await goodOnes()).toEqual(others);
    await upload();
  },
);

it('kill -9 of a verification after it recorded what it found: another one needs not begin again', async () => {
  const [first] = await listed();
  await server.arm('after marks.recordVerification');
  const died = new Promise((resolve) => server.child.once('exit', resolve));
  await ask(server, `POST ${base}/version/${first?.versionNumber}/verify`, { token }).catch(() => undefined);
  await died;
  server = await startCrashServer(home);
  expect((await listed())[0]).toMatchObject({ verification: { result: 'good' } });
});
