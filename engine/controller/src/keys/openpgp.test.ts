import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readKey } from 'openpgp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { derivePublicKey, generateKeyPair } from './openpgp.ts';

const hasGpg = (): boolean => {
  try {
    execFileSync('gpg', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const email = 'ops@example.org';

it('makes an unprotected key of version 4 that never expires', async () => {
  const { publicKey } = await generateKeyPair(email);
  const key = await readKey({ armoredKey: publicKey });
  expect(key.getUserIDs()).toEqual([`${email} <${email}>`]);
  expect([key.keyPacket.version, key.keyPacket.algorithm, key.subkeys[0]?.keyPacket.algorithm]).toEqual([4, 22, 18]);
  expect(await key.getExpirationTime()).toBe(Number.POSITIVE_INFINITY);
});

it('derives the public half, also twice the same', async () => {
  const { privateKey, publicKey } = await generateKeyPair(email);
  expect(await derivePublicKey(privateKey)).toBe(publicKey);
  await expect(derivePublicKey('no key')).rejects.toThrow();
});

describe.skipIf(!hasGpg())('with gpg', () => {
  let home = '';
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'gpg-'));
  });
  afterEach(async () => {
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'], { stdio: 'ignore' });
    await rm(home, { recursive: true, force: true });
  });
  const gpg = (args: string[], input: string | Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const all = ['--homedir', home, '--batch', '--quiet', '--trust-model', 'always', ...args];
      const child = execFile('gpg', all, { encoding: 'buffer' }, (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      );
      child.stdin?.end(input);
    });

  it('can be imported, encrypted to and decrypted with', async () => {
    const { privateKey, publicKey } = await generateKeyPair(email);
    await gpg(['--import'], publicKey);
    const message = await gpg(['--encrypt', '--armor', '--recipient', email], 'secret text');
    await gpg(['--import'], privateKey);
    expect((await gpg(['--decrypt'], message)).toString()).toBe('secret text');
  });
});
