import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refuse, TestRepository } from '../testing/repository-servers.ts';
import { runClient, startClient } from '../testing/run-client.ts';

let server: TestRepository;
let folder: string;
/** Long enough for three segments. */
const dump = randomBytes(40_000_000);

beforeEach(async () => {
  server = await TestRepository.start('new');
  folder = mkdtempSync(join(tmpdir(), 'upload-'));
  writeFileSync(join(folder, 'dump'), dump);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const make = () => runClient(['make', '--cmd', `cat ${folder}/dump`], server.environment);

it('goes on where a broken connection stopped', async () => {
  server.cutUploadAfter = [0, 1, 1_000_000, 16_000_000, 5, 0, 3_000_000];
  const run = await make();
  expect(run.exitCode).toBe(0);
  expect(server.versions).toHaveLength(1);
  expect(server.versions[0]?.bytes.equals(dump)).toBe(true);
});

it('gives up after several attempts without progress, and aborts', async () => {
  server.cutUploadAfter = Array.from({ length: 100 }, () => 0);
  const run = await make();
  expect(run.exitCode).toBe(13);
  expect(run.stderr).toContain('gave up after 8 attempts');
  expect(server.versions).toEqual([]);
  expect(server.uploads[0]?.state).toBe('aborted');
});

it('waits for a server that is away for a moment', async () => {
  let times = 0;
  server.intervene = (request, response) => {
    if (request.method !== 'PATCH' || times++ >= 3) return false;
    refuse(response, 503, 'starting');
    return true;
  };
  expect((await make()).exitCode).toBe(0);
  expect(server.versions[0]?.bytes.equals(dump)).toBe(true);
});

it.each(['PATCH', 'POST'])('sends a request again of which the server saw only a part (%s)', async (method) => {
  let times = 0;
  server.intervene = (request, response) => {
    if (request.method !== method || times++ >= 3) return false;
    refuse(response, 408, '');
    return true;
  };
  expect((await make()).exitCode).toBe(0);
  expect(server.versions).toHaveLength(1);
  expect(server.versions[0]?.bytes.equals(dump)).toBe(true);
});

it('asks again, with the same key, for an upload that it could not begin', async () => {
  let times = 0;
  server.intervene = (request, response) => {
    if (request.method !== 'POST' || !request.url?.endsWith('/uploads') || times++ >= 3) return false;
    if (times === 1) refuse(response, 503, 'starting');
    else request.socket.destroy();
    return true;
  };
  expect((await make()).exitCode).toBe(0);
  expect(times).toBe(4);
  expect(server.uploads).toHaveLength(1);
  expect(server.versions).toHaveLength(1);
});

it('does not ask again when the collection cannot be used', async () => {
  let times = 0;
  server.intervene = (request, response) => {
    if (request.method !== 'POST' || !request.url?.endsWith('/uploads')) return false;
    times++;
    refuse(response, 500, 'collection is misconfigured');
    return true;
  };
  const run = await make();
  expect([run.exitCode, times]).toEqual([14, 1]);
  expect(run.stderr).toContain('collection is misconfigured');
});

it.each([413, 403])('ends at once when the server says %s', async (status) => {
  server.intervene = (request, response) => {
    if (request.method !== 'PATCH') return false;
    refuse(response, status, 'filesize reached allowed limit');
    return true;
  };
  const run = await make();
  expect(run.exitCode).toBe(14);
  expect(run.stderr).toContain('filesize reached allowed limit');
  expect(server.versions).toEqual([]);
});

it('tells why the server gave the upload up, also when its answer was lost', async () => {
  server.intervene = (request, response) => {
    const [upload] = server.uploads;
    if (request.method !== 'PATCH' || !upload) return false;
    upload.state = 'aborted';
    upload.reason = 'filesize reached allowed limit';
    response.destroy();
    return true;
  };
  const run = await make();
  expect(run.exitCode).toBe(14);
  expect(run.stderr).toContain('gave the upload up: filesize reached allowed limit');
});

it('settles a commit whose answer was lost', async () => {
  let lost = false;
  server.intervene = (request, response) => {
    if (lost || !request.url?.endsWith('/finalise')) return false;
    lost = true;
    const [upload] = server.uploads;
    if (upload) server.commit(upload);
    response.destroy();
    return true;
  };
  const run = await make();
  expect(run.exitCode).toBe(0);
  expect(run.stderr).toContain('version=1');
  expect(server.versions).toHaveLength(1);
});

it('repeats a commit that did not arrive', async () => {
  let times = 0;
  server.intervene = (request, response) => {
    if (!request.url?.endsWith('/finalise') || times++ >= 2) return false;
    response.destroy();
    return true;
  };
  expect((await make()).exitCode).toBe(0);
  expect(server.versions).toHaveLength(1);
});

it('is not interrupted between the commit and its answer', async () => {
  const running = startClient(['make', '--cmd', 'echo x'], server.environment);
  server.intervene = (request) => {
    if (request.url?.endsWith('/finalise')) running.signals.emit('SIGTERM', 'SIGTERM');
    return false;
  };
  expect((await running.result).exitCode).toBe(0);
  expect(server.versions).toHaveLength(1);
});

it('says so when the outcome stays unknown', async () => {
  server.intervene = (request, response) => {
    const hidden =
      request.url?.endsWith('/finalise') || (request.method === 'GET' && request.url?.includes('/uploads/'));
    if (hidden) response.destroy();
    return hidden === true;
  };
  const run = await make();
  expect(run.exitCode).toBe(15);
  expect(run.stderr).toContain('did not say whether');
  expect(server.requests.some(({ method }) => method === 'DELETE')).toBe(false);
});

it('stores nothing when the bytes changed on their way', async () => {
  server.intervene = (request) => {
    const [upload] = server.uploads;
    if (request.url?.endsWith('/finalise')) upload?.parts.splice(0, 1, Buffer.from(upload.parts[0] ?? '').fill(0));
    return false;
  };
  const run = await make();
  expect(run.exitCode).toBe(14);
  expect(run.stderr).toContain('the digest differs');
  expect(server.versions).toEqual([]);
});
