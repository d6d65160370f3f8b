import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeBlockHeader } from '../compression/block-format.ts';
import { decompressBlocks } from '../compression/decompress-blocks.ts';
import { collect, inPieces } from '../testing/bytes.ts';
import { Gpg } from '../testing/gpg.ts';
import { refuse, TestRepository } from '../testing/repository-servers.ts';
import { runClient, startClient } from '../testing/run-client.ts';

const gpg = new Gpg();
let key: { publicPath: string; privatePath: string };
let server: TestRepository;
const email = 'backup@example.org';

beforeAll(() => {
  key = gpg.createKey({ email, algorithm: 'future-default' });
});
afterAll(() => gpg[Symbol.dispose]());
afterEach(async () => await server[Symbol.asyncDispose]());

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...server.environment,
  BM_PUBLIC_KEY_PATH: key.publicPath,
  BM_RECIPIENT: email,
  ...more,
});
const make = (command: string, more?: NodeJS.ProcessEnv, flags: readonly string[] = []) =>
  runClient(['make', '--cmd', command, ...flags], environment(more));

/** By gpg, and from the frames that may be in it. */
const decrypt = async (message: Buffer = Buffer.alloc(0)): Promise<Buffer> => {
  const data = gpg.decrypt(message);
  return decodeBlockHeader(data) ? await collect(decompressBlocks(inPieces(data))) : data;
};

describe.each(['old', 'new'] as const)('make, with a %s server,', (kind) => {
  beforeEach(async () => {
    server = await TestRepository.start(kind);
  });

  it('stores what the command wrote, readable by gpg, and by zstd when it is compressed', async () => {
    const run = await make('echo -n hello; echo -n " world" | tr a-z A-Z');
    expect(run.stderr).toContain('msg="Version uploaded"');
    expect(run.exitCode).toBe(0);
    const [stored] = server.versions;
    expect((await decrypt(stored?.bytes)).toString()).toBe('hello WORLD');
    expect(stored?.bytes.subarray(0, 5).toString()).toBe(
      kind === 'old' ? '-----' : stored?.bytes.subarray(0, 5).toString(),
    );
    expect(run.stderr).toContain(
      `sha256=${createHash('sha256')
        .update(stored?.bytes ?? '')
        .digest('hex')}`,
    );
    expect(run.stderr).toContain('version=1');
  });

  it.each([
    ['auto', kind === 'old' ? 'none' : 'zstd'],
    ['none', 'none'],
    ['zlib', 'zlib'],
    ['zstd', 'zstd'],
  ])('compresses when asked for %s: %s', async (asked, expected) => {
    const run = await make('head -c 3000000 /dev/zero', { BM_COMPRESSION: asked });
    expect(run.exitCode).toBe(0);
    const message = server.versions[0]?.bytes ?? Buffer.alloc(0);
    expect(message.length < 100_000).toBe(expected !== 'none');
    expect((await decrypt(message)).equals(Buffer.alloc(3_000_000))).toBe(true);
    expect(gpg.decrypt(message).length === 3_000_000).toBe(expected !== 'zstd');
    const reading = { BM_PRIVATE_KEY_PATH: key.privatePath };
    expect((await runClient(['restore', '-c', 'sha256sum'], environment(reading))).stdout).toContain(
      createHash('sha256').update(Buffer.alloc(3_000_000)).digest('hex'),
    );
  });

  it('stores 40 MB', async () => {
    const run = await make('head -c 40000000 /dev/zero');
    expect(run.exitCode).toBe(0);
    expect((await decrypt(server.versions[0]?.bytes)).equals(Buffer.alloc(40_000_000))).toBe(true);
  });

  it.each([
    ['exits at once', 'exit 3', 'exitCode=3'],
    ['exits after some bytes', 'echo x; exit 4', 'exitCode=4'],
    ['exits after many bytes', 'head -c 10000000 /dev/urandom; exit 255', 'exitCode=255'],
    ['fails in the first part of a pipe', '(echo x; exit 5) | cat', 'exitCode=5'],
    ['fails in the first of two commands', 'false; echo fine', 'exitCode=1'],
    ['is killed', 'echo x; kill -9 $$', 'signal=SIGKILL'],
    ['segfaults', 'echo x; kill -11 $$', 'signal=SIGSEGV'],
    ['does not exist', 'no-such-command-here', 'exitCode=127'],
    ['writes nothing', 'true', 'wrote nothing'],
    ['fails while something holds its output', 'sleep 30 & echo x; exit 6', 'exitCode=6'],
    ['fails after closing its output', 'echo x; exec >&-; sleep 0.1; exit 7', 'exitCode=7'],
  ])('stores nothing when the command %s', async (_, command, reason) => {
    const run = await make(command);
    expect(run.stderr).toContain('msg="Backup failed" stage=dump');
    expect(run.stderr).toContain(reason);
    expect(run.exitCode).toBe(reason === 'wrote nothing' ? 11 : 10);
    expect(server.versions).toEqual([]);
    expect(server.uploads.every(({ state }) => state === 'aborted')).toBe(true);
    const body = server.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/version'));
    expect(body.every(({ complete }) => !complete)).toBe(true);
  });

  it('never gives its secrets to the command, and never logs them', async () => {
    const run = await make('env; env >&2', { BM_PASSPHRASE: 'canary-passphrase' }, ['--log-level', 'trace']);
    expect(run.exitCode).toBe(0);
    const plain = (await decrypt(server.versions[0]?.bytes)).toString();
    expect(plain).toContain('BM_COLLECTION_ID=iwa-ait');
    for (const text of [plain, run.stdout, run.stderr]) {
      expect(text).not.toContain('canary-passphrase');
      expect(text).not.toContain(server.token);
    }
  });

  it('ends on a signal, with its command, and stores nothing', async () => {
    const running = startClient(['make', '--cmd', 'echo started >&2; echo x; sleep 60'], environment());
    while (!running.output().includes('started')) await new Promise((resolve) => setImmediate(resolve));
    running.signals.emit('SIGTERM', 'SIGTERM');
    const run = await running.result;
    expect(run.exitCode).toBe(143);
    expect(run.stderr).toContain('signal=SIGTERM');
    expect(server.versions).toEqual([]);
  });

  it('gives up when nothing moves', async () => {
    const run = await make('echo x; sleep 60', {}, ['--timeout', '2']);
    expect(run.exitCode).toBe(30);
    expect(run.stderr).toContain('stage=dump');
    expect(run.stderr).toContain('nothing moved for 2 s');
    expect(server.versions).toEqual([]);
  });

  it('does not give up on a command that is slow, however little is sent of what it writes', async () => {
    const run = await make('for i in 1 2 3 4 5 6 7 8; do head -c 75000 /dev/zero; sleep 0.6; done', {}, [
      '--timeout',
      '4',
    ]);
    expect(run.stderr).toContain('msg="Version uploaded"');
    expect((await decrypt(server.versions[0]?.bytes)).length).toBe(600_000);
  });

  it('warns loudly when there is no key', async () => {
    const run = await make('echo "-----BEGIN PGP MESSAGE-----"', { BM_PUBLIC_KEY_PATH: '' });
    expect(run.stderr).toContain('level=warn msg="NO ENCRYPTION');
    expect(run.exitCode).toBe(0);
    expect(server.versions[0]?.bytes.toString()).toBe('-----BEGIN PGP MESSAGE-----\n');
  });

  it.each([
    ['a wrong recipient', { BM_RECIPIENT: 'other@example.org' }, 3],
    ['a missing key file', { BM_PUBLIC_KEY_PATH: '/no/such/key' }, 3],
    ['a wrong token', { BM_AUTH_TOKEN: 'wrong-token' }, 14],
    ['a server that is not there', { BM_URL: 'http://127.0.0.1:9' }, 13],
  ])('starts no command with %s', async (name, more, exitCode) => {
    const run = await make('echo STARTED >&2; echo x', more);
    if (kind === 'new' || name !== 'a wrong token') expect(run.stderr).not.toContain('STARTED');
    expect(run.exitCode).toBe(exitCode);
    expect(server.versions).toEqual([]);
  });

  it('ends its command when the server refuses the upload meanwhile', async () => {
    server.intervene = (request, response) => {
      if (request.method !== 'PATCH' && !(request.method === 'POST' && request.url?.endsWith('/version'))) return false;
      refuse(response, 403, 'backup window does not allow you to send a backup at this time');
      return true;
    };
    const run = await make('yes');
    expect(run.stderr).toContain('msg="Backup failed" stage=upload');
    expect([13, 14]).toContain(run.exitCode);
    expect(server.versions).toEqual([]);
  });
});
