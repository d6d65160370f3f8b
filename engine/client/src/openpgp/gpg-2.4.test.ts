import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { createMessage, encrypt as encryptByOpenPgp, enums, generateKey, type PrivateKey } from 'openpgp';
import { describe, expect, it } from 'vitest';
import { collect, inPieces } from '../testing/bytes.ts';
import { decryptMessage } from './decrypt.ts';
import { loadPrivateKeys } from './keys.ts';

const folder = join(import.meta.dirname, 'fixtures/gpg-2.4');
const messages = readdirSync(folder).filter((name) => /^(mdc|ocb)-/.test(name));
const plain = Buffer.from(
  Array.from({ length: 300 }, (_, index) => `insert into t values (${index + 1}, 2, 3);\n`).join(''),
);
const fixture = (name: string): Buffer => readFileSync(join(folder, name));
const keyFor = (name: string): string => /rsa|locked/.exec(name)?.[0] ?? 'curve';
const keys = async (name: string): Promise<PrivateKey[]> =>
  await loadPrivateKeys({ path: join(folder, `${name}.key.asc`), recipients: [], stage: 'decrypt' }, 'pass phrase');
const decrypt = async (message: Buffer, key: readonly PrivateKey[], pieces = 100): Promise<Buffer> =>
  await collect(decryptMessage(inPieces(message, pieces), key));
const expected = (name: string): Buffer => plain.subarray(0, Number(/first-(\d+)/.exec(name)?.[1] ?? plain.length));

it.each(messages)('reads %s', async (name) => {
  const key = await keys(keyFor(name));
  for (const pieces of [1, 77, 100_000]) {
    expect((await decrypt(fixture(name), key, pieces)).equals(expected(name))).toBe(true);
  }
});

it.each(['curve', 'rsa', 'locked'])('reads a message for several with the key of %s', async (name) => {
  expect((await decrypt(fixture('ocb-all-recipients.gpg'), await keys(name))).equals(plain)).toBe(true);
});

describe.each(['ocb-default.gpg', 'ocb-small-chunks.gpg', 'ocb-first-64.gpg'])('damage of %s', (name) => {
  it('is noticed: one bit changed anywhere', async () => {
    const key = await keys('curve');
    const message = fixture(name);
    const sessionPackets = 2 + (message[1] ?? 0);
    await fc.assert(
      fc.asyncProperty(fc.nat(message.length - 1), fc.nat(7), async (at, bit) => {
        const damaged = Buffer.from(message);
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        const outcome = await decrypt(damaged, key, 10_000).catch(() => undefined);
        if (at < sessionPackets && outcome) expect(outcome.equals(expected(name))).toBe(true);
        else expect(outcome).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  it('is noticed: cut anywhere', async () => {
    const key = await keys('curve');
    const message = fixture(name);
    for (let length = 0; length < message.length; length += 13) {
      await expect(decrypt(message.subarray(0, length), key)).rejects.toThrow();
    }
  });
});

describe('messages of RFC 9580', () => {
  it.each([
    ['OCB', enums.aead.ocb, 100_000],
    ['GCM', enums.aead.gcm, 3_000_000],
  ] as const)('with %s are read', async (_, preferredAEADAlgorithm, length) => {
    const userIDs = [{ email: 'test@example.org' }];
    const config = { aeadProtect: true, preferredAEADAlgorithm, aeadChunkSizeByte: 10 };
    for (const v6Keys of [false, true]) {
      const made = { type: 'curve25519', userIDs, format: 'object', config: { ...config, v6Keys } } as const;
      const { privateKey } = await generateKey(made);
      const data = Buffer.alloc(length, 'insert into t values (1, 2, 3);\n');
      const message = await createMessage({ binary: data });
      const options = { message, encryptionKeys: privateKey.toPublic(), format: 'binary', config } as const;
      const written = Buffer.from((await encryptByOpenPgp(options)) as Uint8Array);
      expect((await decrypt(written, [privateKey], 65_536)).equals(data)).toBe(true);
      written[written.length - 20] = (written[written.length - 20] ?? 0) ^ 1;
      await expect(decrypt(written, [privateKey], 65_536)).rejects.toThrow(/was changed/);
    }
  });
});
