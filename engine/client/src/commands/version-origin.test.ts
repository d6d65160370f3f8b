import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Gpg } from '../testing/gpg.ts';
import { TestRepository } from '../testing/repository-servers.ts';
import { runClient } from '../testing/run-client.ts';

const gpg = new Gpg();
const email = 'origin@example.org';
let key: { publicPath: string; privatePath: string };
let server: TestRepository;
let folder: string;

beforeAll(() => {
  key = gpg.createKey({ email, algorithm: 'future-default' });
});
afterAll(() => gpg[Symbol.dispose]());
beforeEach(async () => {
  server = await TestRepository.start('new');
  folder = mkdtempSync(join(tmpdir(), 'origin-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await server[Symbol.asyncDispose]();
});

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...server.environment,
  ...{ BM_PUBLIC_KEY_PATH: key.publicPath, BM_PRIVATE_KEY_PATH: key.privatePath, BM_RECIPIENT: email, FOLDER: folder },
  ...more,
});
const make = (...flags: string[]) => runClient(['make', '-c', 'head -c 200000 /dev/zero', ...flags], environment());
const restore = (...flags: string[]) =>
  runClient(['restore', '-c', 'touch "$FOLDER/started"; wc -c', ...flags], environment());
const started = (): boolean => existsSync(join(folder, 'started'));

/** The server takes it for a version of `iwa-ait`. */
const swap = async (compression: string): Promise<void> => {
  const { exitCode, stderr } = await make('-i', 'other', '--compression', compression);
  expect(exitCode, stderr).toBe(0);
};

describe('a version of another collection', () => {
  it.each(['zstd', 'zlib', 'none'])('is refused before the command is started (%s)', async (compression) => {
    await swap(compression);
    const run = await restore();
    expect(run).toMatchObject({ exitCode: 25, stderr: expect.stringContaining('it was made in collection') });
    expect(started()).toBe(false);
    const saved = await runClient(['download', '--save-path', join(folder, 'saved')], environment());
    expect(saved.exitCode).toBe(25);
    expect(existsSync(join(folder, 'saved'))).toBe(false);
  });

  it('is restored when it is asked for, and the log says so', async () => {
    await swap('zstd');
    const run = await restore('--any-collection');
    expect(run).toMatchObject({ exitCode: 0, stdout: '200000\n' });
    expect(run.stderr).toContain('level=warn msg="Accepted a version of another collection (--any-collection)"');
  });
});

describe('a version that is too old', () => {
  it('is refused before the command is started', async () => {
    await make();
    const later = new Date(Date.now() + 60_000).toISOString();
    expect(await restore('--not-before', later)).toMatchObject({ exitCode: 25 });
    expect(started()).toBe(false);
    expect(await restore('--not-before', '2020-01-01')).toMatchObject({ exitCode: 0, stdout: '200000\n' });
  });

  it('is one that does not say its age', async () => {
    server.store(gpg.encrypt(Buffer.from('data'), email, ['--set-filename', 'dump.sql']));
    expect(await restore()).toMatchObject({ exitCode: 0, stdout: '4\n' });
    server.store(Buffer.from(server.versions[0]?.bytes ?? ''));
    expect(await restore('--not-before', '2020-01-01')).toMatchObject({
      exitCode: 25,
      stderr: expect.stringContaining('does not say when it was made'),
    });
  });
});

it('what gpg decrypts is the dump alone', async () => {
  await make('--compression', 'none');
  expect(gpg.decrypt(server.versions[0]?.bytes ?? Buffer.alloc(0)).equals(Buffer.alloc(200_000))).toBe(true);
});

it('a dump below --min-size is not stored, and one that shrank is stored with a warning', async () => {
  expect(await make('--min-size', '200001')).toMatchObject({ exitCode: 16 });
  expect(server.versions).toEqual([]);
  const store = (bytes: number) =>
    runClient(['make', '-c', `head -c ${bytes} /dev/urandom`, '--min-size', '1K'], environment());
  expect((await store(100_000)).stderr).not.toContain('shrank');
  expect((await store(60_000)).stderr).not.toContain('shrank');
  const shrunk = await store(20_000);
  expect(shrunk.stderr).toMatch(/level=warn msg="Backup shrank.*version=3 bytes=2\d{4} previous=6\d{4}/);
  expect(shrunk.exitCode).toBe(0);
  expect(server.versions).toHaveLength(3);
  server.intervene = (request, response) => {
    if (request.method === 'GET') response.destroy();
    return request.method === 'GET';
  };
  expect(await store(2000)).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('shrank') });
});

it('nothing that a command started outlives its backup or its restore', async () => {
  const orphan = (command: string) => `sleep 600 >/dev/null </dev/null & echo $! > "$FOLDER/pid"; ${command}`;
  const gone = async (): Promise<void> => {
    const pid = readFileSync(join(folder, 'pid'), 'utf8').trim();
    while (existsSync(`/proc/${pid}/fd/0`)) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  expect((await runClient(['make', '-c', orphan('echo x')], environment())).exitCode).toBe(0);
  await gone();
  expect((await runClient(['restore', '-c', orphan('cat')], environment())).exitCode).toBe(0);
  await gone();
});

it('the progress of a restore says how much there will be', async () => {
  await make();
  const line = (await restore()).stderr.split('\n').find((one) => one.includes('msg="Progress"'));
  expect(line).toContain('bytes=200000');
  expect(line).toContain('total=200000');
});
