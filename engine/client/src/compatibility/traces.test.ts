import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Gpg } from '../testing/gpg.ts';
import { TestRepository } from '../testing/repository-servers.ts';
import { runClient } from '../testing/run-client.ts';

/* Older clients ran gpg over a key ring of their own, unpacked templates into the home, and logged their command. */

const gpg = new Gpg();
const email = 'traces@example.org';
const passphrase = `it's a "pass $phrase" \\`;
let key: { publicPath: string; privatePath: string };
let server: TestRepository;
let folder: string;

beforeAll(() => {
  key = gpg.createKey({ email, algorithm: 'future-default', passphrase });
});
afterAll(() => gpg[Symbol.dispose]());
beforeEach(async () => {
  server = await TestRepository.start('new');
  folder = mkdtempSync(join(tmpdir(), 'traces-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await server[Symbol.asyncDispose]();
});

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...server.environment,
  ...{ BM_PUBLIC_KEY_PATH: key.publicPath, BM_PRIVATE_KEY_PATH: key.privatePath },
  ...{ BM_RECIPIENT: email, BM_PASSPHRASE: passphrase, FOLDER: folder },
  ...more,
});

describe('a backup and its restore', () => {
  it('start no gpg, and write into neither the home nor the temporary folder', async () => {
    const tools = join(folder, 'tools');
    mkdirSync(tools);
    writeFileSync(join(tools, 'gpg'), '#!/bin/sh\ntouch "$FOLDER/gpg-was-started"\n');
    chmodSync(join(tools, 'gpg'), 0o755);
    const places = { HOME: join(folder, 'home'), TMPDIR: join(folder, 'tmp'), BM_HOME: join(folder, 'none/here') };
    for (const place of [places.HOME, places.TMPDIR]) mkdirSync(place);
    const given = environment({ ...places, PATH: `${tools}:${process.env['PATH']}` });
    expect(await runClient(['make', '-c', 'echo plain'], given)).toMatchObject({ exitCode: 0 });
    expect(await runClient(['restore', '-c', 'cat'], given)).toMatchObject({ exitCode: 0, stdout: 'plain\n' });
    expect(readdirSync(folder).sort()).toEqual(['home', 'tmp', 'tools']);
    expect([...readdirSync(places.HOME), ...readdirSync(places.TMPDIR)]).toEqual([]);
    expect(existsSync(places.BM_HOME)).toBe(false);
  });

  it('take a passphrase with quotes, blanks and dollars', async () => {
    server.store(gpg.encrypt(Buffer.from('plain'), email));
    expect((await runClient(['restore', '-c', 'cat'], environment())).stdout).toBe('plain');
  });

  it('log neither the command nor what is in it, and show what it says', async () => {
    const secret = 'canary-in-the-command';
    const script = `echo said >&2; echo x # ${secret}`;
    for (const operation of ['make', 'restore'] as const) {
      const run = await runClient([operation, '-c', script, '--log-level', 'trace'], environment());
      expect(run.stderr).toContain('said\n');
      expect(run.stdout + run.stderr).not.toContain(secret);
    }
  });
});

describe('a public key at a restore', () => {
  it('decrypts nothing: the stored bytes are passed on', async () => {
    server.store(gpg.encrypt(Buffer.from('plain'), email, ['--armor']));
    const run = await runClient(['restore', '-c', 'cat'], environment({ BM_PRIVATE_KEY_PATH: '' }));
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('-----BEGIN PGP MESSAGE-----') });
    expect(run.stderr).toContain('NO DECRYPTION');
  });

  it('is no private key', async () => {
    server.store(gpg.encrypt(Buffer.from('plain'), email));
    const run = await runClient(['restore', '-c', 'cat'], environment({ BM_PRIVATE_KEY_PATH: key.publicPath }));
    expect(run).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('a private key is needed') });
  });
});

describe('a restore command that ignores its input', () => {
  it('ends well only when that was little', async () => {
    server.store(Buffer.alloc(100));
    const ignoring = (): Promise<object> =>
      runClient(['restore', '-c', 'sleep 1'], environment({ BM_PRIVATE_KEY_PATH: '' }));
    expect(await ignoring()).toMatchObject({ exitCode: 0 });
    server.store(Buffer.alloc(3_000_000));
    expect(await ignoring()).toMatchObject({ exitCode: 23 });
  });
});
