import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compressedName } from '../compression/block-format.ts';
import { compressBlocks } from '../compression/compress-blocks.ts';
import { collect, inPieces } from '../testing/bytes.ts';
import { Gpg } from '../testing/gpg.ts';
import { writeArmor } from './armor-writer.ts';
import { decryptMessage } from './decrypt.ts';
import { type EncryptOptions, encryptMessage } from './encrypt.ts';
import { loadPrivateKeys, loadPublicKeys } from './keys.ts';
import { openInlineSealer } from './sealer.ts';

const gpg = new Gpg();
const passphrase = "it's a pass phrase";
const keys: Record<string, { publicPath: string; privatePath: string }> = {};
const rsa = 'rsa@example.org';
const curve = 'curve@example.org';
const locked = 'locked@example.org';

beforeAll(() => {
  keys[rsa] = gpg.createKey({ email: rsa, algorithm: 'rsa2048' });
  keys[curve] = gpg.createKey({ email: curve, algorithm: 'future-default' });
  keys[locked] = gpg.createKey({ email: locked, algorithm: 'future-default', passphrase });
});
afterAll(() => gpg[Symbol.dispose]());

const publicKeys = async (email: string) =>
  await loadPublicKeys({ path: keys[email]?.publicPath ?? '', recipients: [email], stage: 'encrypt' });
const privateKeys = async (email: string) =>
  await loadPrivateKeys({ path: keys[email]?.privatePath ?? '', recipients: [email], stage: 'decrypt' }, passphrase);

const encrypt = async (data: Buffer, email: string, options: Partial<EncryptOptions> = {}) =>
  await collect(encryptMessage(inPieces(data), { recipients: await publicKeys(email), ...options }));
const decrypt = async (message: Buffer, email: string) =>
  await collect(decryptMessage(inPieces(message, 70_001), await privateKeys(email)));

const kibi = 1024;
const mebi = 1024 * kibi;
const edges = [64 * kibi, mebi - 1, mebi, 2 * mebi].flatMap((size) =>
  [-40, -30, -26, -25, -24, -19, -7, -6, -5, -1, 0, 1, 5].map((delta) => size + delta),
);
const sizes = [0, 1, 100, 185, 186, 191, 192, 8377, 8378, 8383, 8384, ...edges, 3 * mebi + 12_345];

/** Newer ones refuse to write what they still read. */
const isOld = / 2\.2\./.test(gpg.run(['--version']).toString());

const hasZstdTool = spawnSync('zstd', ['--version']).status === 0;
const byTool = (data: Buffer): Buffer => execFileSync('zstd', ['-d', '-c'], { input: data, maxBuffer: 2 ** 28 });
const mixed = Buffer.concat([Buffer.alloc(3 * mebi, 'insert into'), randomBytes(2 * mebi), Buffer.from('the end')]);

describe('messages of our own', () => {
  it.each([rsa, curve, locked])('for %s are read by gpg and by ourselves', async (email) => {
    for (const size of [0, 100, 3 * mebi + 1]) {
      const data = randomBytes(size);
      const message = await encrypt(data, email);
      expect(gpg.decrypt(message, passphrase).equals(data)).toBe(true);
      expect((await decrypt(message, email)).equals(data)).toBe(true);
    }
  });

  it('of every size around a boundary are read by gpg and by ourselves', { timeout: 120_000 }, async () => {
    for (const size of sizes) {
      const data = randomBytes(size);
      const message = await encrypt(data, curve, { openSealer: openInlineSealer });
      expect(gpg.decrypt(message).equals(data), `gpg, ${size} bytes`).toBe(true);
      expect((await decrypt(message, curve)).equals(data), `own reader, ${size} bytes`).toBe(true);
    }
  });

  it('are read in armour', async () => {
    for (const size of [0, 1, 2, 3, 47, 48, 49, 196_607, 196_608, 196_609, mebi]) {
      const data = randomBytes(size);
      const message = await collect(writeArmor(inPieces(await encrypt(data, curve))));
      expect(message.toString('latin1')).toMatch(/^-----BEGIN PGP MESSAGE-----\n\n(?:.{1,64}\n)+=.{4}\n-----END/);
      expect(gpg.decrypt(message).equals(data), `gpg, ${size} bytes`).toBe(true);
      expect((await decrypt(message, curve)).equals(data), `own reader, ${size} bytes`).toBe(true);
    }
  });

  it('are read when compressed', async () => {
    for (const data of [Buffer.alloc(0), Buffer.alloc(5 * mebi, 'insert into'), randomBytes(mebi)]) {
      const message = await encrypt(data, curve, { compression: 'zlib' });
      expect(gpg.decrypt(message).equals(data)).toBe(true);
      expect((await decrypt(message, curve)).equals(data)).toBe(true);
    }
    expect((await encrypt(Buffer.alloc(5 * mebi, 'insert into'), curve, { compression: 'zlib' })).length).toBeLessThan(
      100_000,
    );
  });

  it.skipIf(!hasZstdTool)('compressed with zstd decrypt to what zstd reads', async () => {
    for (const data of [Buffer.alloc(5 * mebi, 'insert into'), randomBytes(mebi), mixed]) {
      const message = await encrypt(data, curve, { compression: 'zstd' });
      expect(byTool(gpg.decrypt(message)).equals(data)).toBe(true);
    }
  });

  it('compressed with zstd are read', async () => {
    for (const data of [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(5 * mebi, 'insert into'), mixed]) {
      expect((await decrypt(await encrypt(data, curve, { compression: 'zstd' }), curve)).equals(data)).toBe(true);
    }
  });

  it('give a dump that is compressed already back as it was', async () => {
    const dump = await collect(compressBlocks(inPieces(mixed)));
    for (const compression of ['none', 'zlib', 'zstd'] as const) {
      expect((await decrypt(await encrypt(dump, curve, { compression }), curve)).equals(dump)).toBe(true);
    }
    const named = gpg.encrypt(Buffer.from('not compressed'), curve, ['--set-filename', compressedName]);
    expect((await decrypt(named, curve)).toString()).toBe('not compressed');
    const unnamed = gpg.encrypt(dump, curve, ['--set-filename', 'backup.zst']);
    expect((await decrypt(unnamed, curve)).equals(dump)).toBe(true);
  });

  it('for several recipients are read by each', async () => {
    const data = randomBytes(1000);
    const recipients = [...(await publicKeys(rsa)), ...(await publicKeys(locked))];
    const message = await collect(encryptMessage(inPieces(data), { recipients }));
    expect(await decrypt(message, rsa)).toEqual(data);
    expect(await decrypt(message, locked)).toEqual(data);
    await expect(decrypt(message, curve)).rejects.toThrow(/no private key given fits/);
  });
});

describe('messages of gpg', () => {
  it.each([rsa, curve, locked])('for %s are read', async (email) => {
    for (const size of [0, 1, 1000, 100_000, 3 * mebi]) {
      const data = Buffer.concat([randomBytes(size >> 1), Buffer.alloc(size - (size >> 1), 'text ')]);
      expect((await decrypt(gpg.encrypt(data, email), email)).equals(data)).toBe(true);
      expect((await decrypt(gpg.encrypt(data, email, ['--armor']), email)).equals(data)).toBe(true);
    }
  });

  it.each<[string, string[]]>([
    ['none', ['--compress-algo', 'none']],
    ['zip', ['--compress-algo', 'zip']],
    ['zlib', ['--compress-algo', 'zlib']],
    ['bzip2', ['--compress-algo', 'bzip2']],
    ['small bzip2', ['--compress-algo', 'bzip2', '--bzip2-compress-level', '1']],
    ['AES-128', ['--cipher-algo', 'AES128']],
    ['AES-192', ['--cipher-algo', 'AES192']],
    ...(isOld ? [['3DES', ['--cipher-algo', '3DES']] satisfies [string, string[]]] : []),
    ['a hidden recipient', ['--throw-keyids']],
    ['a comment and version in the armour', ['--armor', '--comment', 'made by a test', '--emit-version']],
    ['a signature', ['--sign', '--local-user', curve]],
  ])('with %s are read', async (_, options) => {
    for (const size of [10, 100_000, 1_000_000]) {
      const data = Buffer.alloc(size, 'insert into t values (1, 2, 3);\n');
      expect((await decrypt(gpg.encrypt(data, curve, options), curve)).equals(data)).toBe(true);
    }
  });

  it('with a password only are refused with the reason', async () => {
    const symmetric = ['--passphrase', 'x', '--pinentry-mode', 'loopback', '--symmetric'];
    await expect(decrypt(gpg.run(symmetric, Buffer.from('data')), curve)).rejects.toThrow(/with a password/);
  });
});
