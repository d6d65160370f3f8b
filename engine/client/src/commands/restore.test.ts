import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Gpg } from '../testing/gpg.ts';
import { TestRepository } from '../testing/repository-servers.ts';
import { runClient, startClient } from '../testing/run-client.ts';

const gpg = new Gpg();
const email = 'backup@example.org';
const passphrase = 'pass phrase';
let key: { publicPath: string; privatePath: string };
let locked: { publicPath: string; privatePath: string };
let server: TestRepository;
let folder: string;

beforeAll(() => {
  key = gpg.createKey({ email, algorithm: 'future-default' });
  locked = gpg.createKey({ email: 'locked@example.org', algorithm: 'future-default', passphrase });
});
afterAll(() => gpg[Symbol.dispose]());
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await server[Symbol.asyncDispose]();
});

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...server.environment,
  BM_PRIVATE_KEY_PATH: key.privatePath,
  BM_PASSPHRASE: passphrase,
  BM_RECIPIENT: email,
  FOLDER: folder,
  ...more,
});
const restore = (command: string, more?: NodeJS.ProcessEnv, flags: readonly string[] = []) =>
  runClient(['restore', '--cmd', command, ...flags], environment(more));
const result = (): Buffer => readFileSync(join(folder, 'result'));
/** Writes `eof` only when its input ended properly. */
const guarded = 'cat > "$FOLDER/result"; touch "$FOLDER/eof"';
const sawEnd = (): boolean => existsSync(join(folder, 'eof'));
const flip = (bytes: Buffer, offset: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[offset] = (copy[offset] ?? 0) ^ 0x10;
  return copy;
};

describe.each(['old', 'new'] as const)('restore, with a %s server,', (kind) => {
  beforeEach(async () => {
    server = await TestRepository.start(kind);
    folder = mkdtempSync(join(tmpdir(), 'restore-'));
  });

  it.each([0, 1, 65_535, 65_536, 65_537, 5_000_000])('gives the command all %s bytes', async (size) => {
    const data = randomBytes(size);
    server.store(gpg.encrypt(data, email, ['--armor']));
    const run = await restore(guarded);
    expect(run.stderr).toContain('msg="Download/restore finished with success"');
    expect(run.exitCode).toBe(0);
    expect(result().equals(data)).toBe(true);
    expect(sawEnd()).toBe(true);
  });

  it('takes the version that was asked for', async () => {
    server.store(gpg.encrypt(Buffer.from('one'), email));
    server.store(gpg.encrypt(Buffer.from('two'), email));
    for (const [flags, text] of [
      [[], 'two'],
      [['--version', 'v1'], 'one'],
      [['-s', '2'], 'two'],
    ] as const) {
      expect((await restore('cat', {}, flags)).stdout).toBe(text);
    }
    expect((await restore('cat', { BM_VERSION: 'v1' })).stdout).toBe('one');
    expect((await restore('cat', { BM_VERSION: 'v1' }, ['--version=v2'])).stdout).toBe('two');
  });

  it.each([
    ['there is no such version', {}, ['--version', 'v9'], 14],
    ['the passphrase is wrong', { BM_LOCKED: '1', BM_PASSPHRASE: 'wrong' }, [], 4],
    ['the passphrase is missing', { BM_LOCKED: '1', BM_PASSPHRASE: '' }, [], 4],
    ['the recipient is wrong', { BM_RECIPIENT: 'other@example.org' }, [], 3],
    ['the key file is missing', { BM_PRIVATE_KEY_PATH: '/no/such/key' }, [], 3],
    ['the token is wrong', { BM_AUTH_TOKEN: 'wrong-token' }, [], 14],
    ['the server is not there', { BM_URL: 'http://127.0.0.1:9' }, [], 20],
  ] as const)('starts no command when %s', async (...[, more, flags, exitCode]) => {
    server.store(gpg.encrypt(Buffer.from('data'), email));
    const keys = 'BM_LOCKED' in more ? { BM_PRIVATE_KEY_PATH: locked.privatePath, BM_RECIPIENT: '' } : {};
    const run = await restore('touch "$FOLDER/result"; cat', { ...keys, ...more }, flags);
    expect(run.stderr).toContain('msg="Restore failed"');
    expect(run.exitCode).toBe(exitCode);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('starts no command when the version is for another key', async () => {
    const other = gpg.createKey({ email: `other-${kind}@example.org`, algorithm: 'future-default' });
    server.store(gpg.encrypt(Buffer.from('data'), email));
    const run = await restore('touch "$FOLDER/result"', { BM_PRIVATE_KEY_PATH: other.privatePath, BM_RECIPIENT: '' });
    expect(run.exitCode).toBe(22);
    expect(run.stderr).toContain('no private key given fits');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('notices every kind of damage, and the command sees no proper end of its input', async () => {
    const message = gpg.encrypt(randomBytes(1_000_000), email, ['--compress-algo', 'none']);
    const length = message.length;
    const damaged = [
      ...[0, 3, 100, 500, 70_000, 500_000, length - 23, length - 22, length - 1].map((at) => flip(message, at)),
      ...[0, 1, 100, 300, 70_000, 900_000, length - 65_536, length - 22, length - 1].map((at) =>
        message.subarray(0, at),
      ),
      Buffer.concat([message, Buffer.from([0])]),
      Buffer.concat([message, message]),
    ];
    for (const [index, bytes] of damaged.entries()) {
      server.store(bytes);
      const run = await restore(guarded);
      expect([3, 21, 22], `${index}: ${run.stderr}`).toContain(run.exitCode);
      expect(run.stderr).toContain('msg="Restore failed"');
      expect(sawEnd(), `damage ${index}`).toBe(false);
    }
  });

  it('verifies the whole version before it starts the command, when it is asked to', async () => {
    const message = gpg.encrypt(randomBytes(1_000_000), email, ['--compress-algo', 'none']);
    const started = 'touch "$FOLDER/started"; cat > "$FOLDER/result"';
    for (const bytes of [flip(message, 500_000), flip(message, message.length - 1), message.subarray(0, 900_000)]) {
      server.store(bytes);
      const run = await restore(started, {}, ['--verify-first']);
      expect(run.exitCode).toBe(21);
      expect(readdirSync(folder)).toEqual([]);
    }
    server.store(message);
    const run = await restore(started, { BM_VERIFY_FIRST: 'true' });
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain('The whole version is good');
    expect(result().length).toBe(1_000_000);
    expect(server.requests.filter(({ method }) => method === 'GET')).toHaveLength(5);
  });

  it('never loads other bytes than those that it verified', async () => {
    const data = randomBytes(1_000_000);
    server.store(gpg.encrypt(data, email));
    let times = 0;
    server.intervene = () => {
      if (times++ === 1) server.store(gpg.encrypt(randomBytes(1_000_000), email));
      return false;
    };
    const run = await restore(guarded, {}, ['--verify-first']);
    // A server that says which version `latest` is, is asked for that one.
    expect(run.exitCode).toBe(kind === 'old' ? 21 : 0);
    if (kind === 'old') expect(run.stderr).toContain('had when they were verified');
    expect(sawEnd()).toBe(kind === 'new');
    if (kind === 'new') expect(result().equals(data)).toBe(true);
  });

  it.each([
    ['exits at once', 'exit 3', 'exitCode=3'],
    ['exits mid-way', 'head -c 100000 >/dev/null; exit 4', 'exitCode=4'],
    ['fails in the first part of a pipe', '(cat >/dev/null; exit 5) | cat', 'exitCode=5'],
    ['is killed', 'head -c 100000 >/dev/null; kill -9 $$', 'signal=SIGKILL'],
    ['exits with 0 and has not read everything', 'head -c 100000 >/dev/null', 'stopped reading before'],
    ['fails after it has read everything', 'cat >/dev/null; exit 6', 'exitCode=6'],
    ['does not exist', 'no-such-command-here', 'exitCode=127'],
  ])('fails when the command %s', async (_, command, reason) => {
    server.store(gpg.encrypt(randomBytes(5_000_000), email));
    const run = await restore(command);
    expect(run.stderr).toContain('msg="Restore failed" stage=load');
    expect(run.stderr).toContain(reason);
    expect(run.exitCode).toBe(23);
    expect(run.stderr).not.toContain('finished with success');
  });

  it('ends the command group before it closes its input when the download breaks', async () => {
    server.store(gpg.encrypt(randomBytes(5_000_000), email));
    server.cutDownloadAfter = Array.from({ length: 50 }, (_, index) => (index === 0 ? 3_000_000 : 0));
    const run = await restore(`trap 'touch "$FOLDER/term"' TERM; ${guarded}`);
    expect(run.exitCode).toBe(20);
    expect(run.stderr).toContain('stage=download');
    expect(sawEnd()).toBe(false);
    expect(existsSync(join(folder, 'term'))).toBe(true);
  });

  it('kills a command that does not care about SIGTERM', async () => {
    server.store(gpg.encrypt(randomBytes(5_000_000), email));
    server.cutDownloadAfter = Array.from({ length: 50 }, (_, index) => (index === 0 ? 3_000_000 : 0));
    const run = await restore(`trap '' TERM; set +e; ${guarded}`);
    expect(run.exitCode).toBe(20);
    expect(sawEnd()).toBe(false);
  });

  it('ends on a signal, with its command', async () => {
    server.store(gpg.encrypt(randomBytes(5_000_000), email));
    const running = startClient(
      ['restore', '--cmd', `echo started; head -c 10 >/dev/null; sleep 60; ${guarded}`],
      environment(),
    );
    while (!running.output().includes('started\n')) await new Promise((resolve) => setImmediate(resolve));
    running.signals.emit('SIGINT', 'SIGINT');
    const run = await running.result;
    expect(run.exitCode).toBe(130);
    expect(sawEnd()).toBe(false);
  });

  it.each([
    ['does not read', 'sleep 60'],
    ['does not end', 'cat > /dev/null; sleep 60'],
  ])('gives up on a command that %s', async (_, command) => {
    server.store(gpg.encrypt(randomBytes(5_000_000), email));
    const run = await restore(command, {}, ['--timeout', '2']);
    expect(run.exitCode).toBe(30);
    expect(run.stderr).toContain('stage=load');
  });

  it('never gives its secrets to the command, and never logs them', async () => {
    server.store(gpg.encrypt(Buffer.from('data'), email));
    const run = await restore('env', {}, ['--log-level=trace']);
    expect(run.stdout).toContain('BM_COLLECTION_ID');
    for (const text of [run.stdout, run.stderr]) {
      expect(text).not.toContain(passphrase);
      expect(text).not.toContain(server.token);
    }
  });

  it('unlocks its key with the passphrase', async () => {
    server.store(gpg.encrypt(Buffer.from('data'), 'locked@example.org'));
    const keys = { BM_PRIVATE_KEY_PATH: locked.privatePath, BM_RECIPIENT: 'Locked@Example.org' };
    expect((await restore('cat', keys)).stdout).toBe('data');
  });

  it('runs no start-up file of the shell', async () => {
    server.store(gpg.encrypt(Buffer.from('data'), email));
    writeFileSync(join(folder, '.bashrc'), 'echo from the start-up file; cat > /dev/null');
    const run = await restore('cat', { HOME: folder });
    expect(run.stdout).toBe('data');
    expect(run.exitCode).toBe(0);
  });

  it('passes the stored bytes on, with a warning, when there is no key', async () => {
    server.store(Buffer.from('as stored'));
    const run = await restore('cat', { BM_PRIVATE_KEY_PATH: '' });
    expect(run.stdout).toBe('as stored');
    expect(run.stderr).toContain('level=warn msg="NO DECRYPTION');
  });
});

describe('a download that breaks', () => {
  beforeEach(async () => {
    server = await TestRepository.start('new');
    folder = mkdtempSync(join(tmpdir(), 'restore-'));
  });

  it('is resumed where it broke', async () => {
    const data = randomBytes(5_000_000);
    server.store(gpg.encrypt(data, email, ['--compress-algo', 'none']));
    server.cutDownloadAfter = [1, 1_000_000, 0, 0, 2_000_000];
    const run = await restore(guarded);
    expect(run.exitCode).toBe(0);
    expect(result().equals(data)).toBe(true);
    expect(server.requests.length).toBe(6);
  });

  it('goes on with the version that `latest` was when it began, and names it', async () => {
    const data = randomBytes(3_000_000);
    server.store(gpg.encrypt(data, email, ['--compress-algo', 'none']));
    server.cutDownloadAfter = [1_000_000];
    let times = 0;
    server.intervene = () => {
      if (times++ === 1) server.store(gpg.encrypt(Buffer.from('newer'), email));
      return false;
    };
    const run = await restore(guarded, {}, ['--json']);
    expect(run.exitCode).toBe(0);
    expect(result().equals(data)).toBe(true);
    expect(run.stderr).toMatch(/"Version opened".*"version":1,"asked":"latest"/);
    expect(server.requests.map(({ path }) => path.split('/').at(-1))).toEqual(['latest', '1']);
  });

  it.each([
    ['when it is asked for', []],
    ['in the middle', [1_000_000]],
  ])('never becomes an older version when the newest is found damaged %s', async (_, cuts) => {
    server.store(gpg.encrypt(Buffer.from('older'), email));
    server.store(gpg.encrypt(randomBytes(3_000_000), email, ['--compress-algo', 'none']));
    server.cutDownloadAfter = cuts;
    let times = 0;
    server.intervene = () => {
      if (times++ === cuts.length) server.damaged.add(2);
      return false;
    };
    const run = await restore(guarded);
    expect(run.exitCode).toBe(21);
    expect(run.stderr).toContain('version 2 is damaged; the newest good one is 1: restore it with --version 1');
    expect(sawEnd()).toBe(false);
    expect((await restore(guarded, {}, ['--version', '1'])).exitCode).toBe(0);
    expect(result().toString()).toBe('older');
  });
});

describe.each(['old', 'new'] as const)('download, with a %s server,', (kind) => {
  beforeEach(async () => {
    server = await TestRepository.start(kind);
    folder = mkdtempSync(join(tmpdir(), 'download-'));
  });
  const save = (more?: NodeJS.ProcessEnv) =>
    runClient(['download', '--save-path', join(folder, 'result')], environment(more));

  it('saves the decrypted version, readable by nobody else', async () => {
    const data = randomBytes(3_000_000);
    server.store(gpg.encrypt(data, email));
    const run = await save();
    expect(run.exitCode).toBe(0);
    expect(result().equals(data)).toBe(true);
    expect(statSync(join(folder, 'result')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['result']);
  });

  it('saves the stored bytes without a key', async () => {
    const message = gpg.encrypt(randomBytes(1000), email);
    server.store(message);
    expect((await save({ BM_PRIVATE_KEY_PATH: '' })).exitCode).toBe(0);
    expect(result().equals(message)).toBe(true);
  });

  it('leaves what was there when the version is damaged', async () => {
    const message = gpg.encrypt(randomBytes(1_000_000), email);
    server.store(flip(message, message.length - 1));
    writeFileSync(join(folder, 'result'), 'before');
    const run = await save();
    expect(run.exitCode).toBe(21);
    expect(result().toString()).toBe('before');
    expect(readdirSync(folder)).toEqual(['result']);
  });

  it('says when the file cannot be written', async () => {
    server.store(gpg.encrypt(Buffer.from('data'), email));
    const run = await runClient(['download', '--save-path', join(folder, 'none/result')], environment());
    expect(run.exitCode).toBe(24);
    expect(run.stderr).toContain('ENOENT');
  });
});
