import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Answer, call } from '../testing/api.ts';
import { collectionSpec } from '../testing/harness.ts';
import { armoured, sha256 } from '../testing/messages.ts';
import { chunk, eventually, rawClient, requestHead } from '../testing/raw-client.ts';
import { type CrashServer, killed, putConfiguration, startCrashServer } from './crash-server.ts';

type Server = CrashServer;

let home: string;
let server: Server;
let token: string;
const running = new Set<ChildProcess>();
const expected = new Map<number, string>();
const base = '/api/stable/repository/collection/shop-db';

const start = async (): Promise<Server> => {
  const started = await startCrashServer(home);
  running.add(started.child);
  return started;
};

const kill = killed;

const on = (server: Server, target: string, options: Parameters<typeof call>[2] = {}): Promise<Answer> =>
  call({ url: server.url } as never, target, { token, ...options });

let keys = 0;
const byProtocol = async (server: Server, message: Buffer, key: string): Promise<Answer> => {
  const opened = await on(server, `POST ${base}/uploads`, { json: { key } });
  const { id, offset } = opened.body.data.upload;
  await on(server, `PATCH ${base}/uploads/${id}`, { headers: { 'upload-offset': String(offset) }, body: message });
  const json = { sha256: sha256(message), size: message.length };
  return await on(server, `POST ${base}/uploads/${id}/finalise`, { json });
};
const plain = (server: Server, message: Buffer): Promise<Answer> =>
  on(server, `POST ${base}/version`, { body: message });

/** Everything listed is stored with its digest, in order, and nothing else lies around. */
const check = async (server: Server): Promise<number[]> => {
  const list = await on(server, `GET ${base}/version`);
  const versions = list.body.data.versions as { versionNumber: number; sha256: string; filename: string }[];
  for (const version of versions) {
    const response = await fetch(`${server.url}${base}/version/${version.versionNumber}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(sha256(Buffer.from(await response.arrayBuffer()))).toBe(version.sha256);
    expect(expected.get(version.versionNumber) ?? version.sha256).toBe(version.sha256);
  }
  const files = await readdir(path.join(home, 'blobs', 'shop-db')).catch(() => []);
  expect(files.sort()).toEqual(versions.map((version) => version.filename).sort());
  expect(await readdir(path.join(home, 'blobs', '.staging')).catch(() => [])).toEqual([]);
  const { usage } = (await on(server, `GET ${base}/usage`)).body.data;
  expect(usage.reservedBytes).toBe(0);
  return versions.map((version) => version.versionNumber);
};

const remember = (answer: Answer): number => {
  const { versionNumber, sha256: digest } = answer.body.data.version;
  expected.set(versionNumber, digest);
  return versionNumber;
};

beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'backstay-crash-'));
  await putConfiguration(home, 'shop-db', { ...collectionSpec, maxBackupsCount: 50, maxCollectionSize: '60M' });
  server = await start();
  const login = await call({ url: server.url } as never, 'POST /api/stable/auth/login', {
    json: { username: 'admin', password: 'secret' },
  });
  token = login.body.data.token;
  remember(await byProtocol(server, armoured(3000), 'the-very-first-key'));
});
afterAll(async () => {
  for (const child of running) {
    child.kill('SIGKILL');
  }
  await rm(home, { recursive: true, force: true });
});

type Kind = 'protocol' | 'plain';
const points: [Kind, string][] = [
  ['protocol', 'after uploads.open'],
  ['protocol', 'after blobs.stage'],
  ['protocol', 'before uploads.decide'],
  ['protocol', 'after uploads.decide'],
  ['protocol', 'before blobs.publish'],
  ['protocol', 'after blobs.publish'],
  ['protocol', 'after uploads.complete'],
  ['protocol', 'after blobs.discardStaged'],
  ['plain', 'before uploads.decide'],
  ['plain', 'after uploads.decide'],
  ['plain', 'after blobs.publish'],
];

it.each(points)(
  'kill -9 of a %s upload %s: one version or none, and everything else as it was',
  async (kind, point) => {
    const message = armoured(20_000);
    const key = `key-of-a-crash-${keys++}`;
    const latest = Math.max(...expected.keys());
    await server.arm(point);
    const ended = once(server.child, 'exit');
    const work = kind === 'protocol' ? byProtocol(server, message, key) : plain(server, message);
    await expect(work).rejects.toThrow();
    expect(await ended).toEqual([null, 'SIGKILL']);

    server = await start();
    const after = await check(server);
    const added = after.filter((number) => number > latest);
    expect(added.length).toBeLessThanOrEqual(1);
    expect(after).toEqual(expect.arrayContaining([...expected.keys()]));
    if (kind === 'protocol') {
      const settled = await on(server, `GET ${base}/uploads/${key}`);
      const { state, version } = settled.body.data.upload;
      expect(state).toBe(added.length === 1 ? 'committed' : 'aborted');
      expect(version?.versionNumber).toBe(added[0]);
    }
    for (const number of added) {
      expected.set(number, sha256(message));
    }
    remember(await byProtocol(server, armoured(1000), `${key}-again`));
  },
);

it('kill -9 at any moment of a stream: nothing of it is left', async () => {
  for (let round = 0; round < 3; round += 1) {
    const client = await rawClient(server);
    const target = `POST ${base}/version`;
    await client.send(requestHead(target, { authorization: `Bearer ${token}`, 'transfer-encoding': 'chunked' }));
    const message = armoured(900_000);
    const until = randomInt(message.length);
    await client.send(chunk(message.subarray(0, until)));
    await delay(randomInt(20));
    await kill(server);
    client.socket.destroy();
    server = await start();
    expect(await check(server)).toEqual([...expected.keys()].sort((a, b) => a - b));
  }
});

it('ends on SIGTERM with running uploads finished', async () => {
  const message = armoured(5000);
  const client = await rawClient(server);
  const head = { authorization: `Bearer ${token}`, 'content-length': String(message.length) };
  await client.send(requestHead(`POST ${base}/version`, head));
  await client.send(message.subarray(0, 100));
  await eventually(async () => (await readdir(path.join(home, 'blobs', '.staging'))).length === 1);
  const ended = once(server.child, 'exit');
  server.child.kill('SIGTERM');
  await eventually(async () => (await on(server, 'GET /ready')).status === 503);
  const refused = await on(server, `POST ${base}/uploads`, { json: { key: 'a-key-that-is-too-late' } });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
  await client.send(message.subarray(100));
  expect(await client.receive(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(await ended).toEqual([0, null]);
});
