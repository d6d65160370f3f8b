import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { generateKey, type PrivateKey } from 'openpgp';
import { beforeAll, describe, expect, it } from 'vitest';
import { collect, inPieces } from '../testing/bytes.ts';
import { writeArmor } from './armor-writer.ts';
import { Crc24 } from './crc24.ts';
import { decryptMessage } from './decrypt.ts';
import { encryptMessage } from './encrypt.ts';
import { holdBack } from './hold-back.ts';
import { openInlineSealer } from './sealer.ts';

let key: PrivateKey;
beforeAll(async () => {
  const userIDs = [{ email: 'test@example.org' }];
  ({ privateKey: key } = await generateKey({ type: 'ecc', curve: 'curve25519Legacy', userIDs, format: 'object' }));
});

const encrypt = async (data: Buffer, pieces = 65_536): Promise<Buffer> =>
  await collect(encryptMessage(inPieces(data, pieces), { recipients: [key.toPublic()], openSealer: openInlineSealer }));
const armored = async (message: Buffer): Promise<Buffer> => await collect(writeArmor(inPieces(message)));
const decrypt = async (message: Buffer, pieces = 65_536): Promise<Buffer> =>
  await collect(holdBack(decryptMessage(inPieces(message, pieces), [key]), 65_536));

describe('any data', () => {
  it('comes back, however it is cut into pieces', async () => {
    const sizes = fc.integer({ min: 1, max: 100_000 });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300_000 }), sizes, sizes, fc.boolean(), async (...given) => {
        const [bytes, inputPieces, outputPieces, armor] = given;
        const data = Buffer.from(bytes);
        const message = await encrypt(data, inputPieces);
        const stored = armor ? await armored(message) : message;
        expect((await decrypt(stored, Math.max(outputPieces, stored.length >> 10))).equals(data)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a damaged message', () => {
  it('is noticed: one bit changed anywhere', async () => {
    const data = randomBytes(2000);
    const message = await encrypt(data);
    const sessionPackets = 2 + (message[1] ?? 0);
    await fc.assert(
      fc.asyncProperty(fc.nat(message.length - 1), fc.nat(7), async (at, bit) => {
        const damaged = Buffer.from(message);
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        const outcome = await decrypt(damaged).catch(() => undefined);
        // X25519 ignores one bit of the point in the session packet: the same key comes out of it.
        if (at < sessionPackets && outcome) expect(outcome.equals(data)).toBe(true);
        else expect(outcome).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it('never yields its last bytes: cut anywhere', async () => {
    const message = await encrypt(randomBytes(2000));
    for (let length = 0; length < message.length; length += 7) {
      await expect(decrypt(message.subarray(0, length))).rejects.toThrow();
    }
  });

  it('never yields wrong bytes in armour', async () => {
    const data = randomBytes(2000);
    const message = await armored(await encrypt(data));
    await fc.assert(
      fc.asyncProperty(fc.nat(message.length - 1), fc.nat(6), async (at, bit) => {
        const damaged = Buffer.from(message);
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        const outcome = await decrypt(damaged).catch(() => undefined);
        // White space may become other white space.
        if (outcome) expect(outcome.equals(data)).toBe(true);
      }),
      { numRuns: 300 },
    );
    for (let length = 0; length < message.length - 1; length += 11) {
      await expect(decrypt(message.subarray(0, length))).rejects.toThrow();
    }
  });

  it('is refused quickly when it is no message at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (bytes) => {
        await expect(decrypt(Buffer.from(bytes))).rejects.toThrow();
      }),
      { numRuns: 300 },
    );
    await expect(decrypt(Buffer.from('select 1;\n'.repeat(20_000)))).rejects.toThrow(/armour/);
  });
});

describe('armour', () => {
  it('is read with other line lengths, line ends and text around it', async () => {
    const data = randomBytes(150_000);
    const body = (await encrypt(data)).toString('base64');
    const crc = new Crc24();
    crc.update(Buffer.from(body, 'base64'));
    for (const [length, end] of [
      [76, '\r\n'],
      [61, '\n'],
      [64, '\r\n'],
      [1, '\n'],
      [5000, '\n'],
    ] as const) {
      const lines = body.match(new RegExp(`.{1,${length}}`, 'g'))?.join(end);
      const text = [
        'From: somebody',
        '-----BEGIN PGP MESSAGE-----',
        'Comment: a: b',
        'Version: x',
        '',
        lines,
        `=${crc.digest()}`,
        '-----END PGP MESSAGE-----',
        'trailing text '.repeat(100),
      ].join(end);
      expect((await decrypt(Buffer.from(text), 1000)).equals(data)).toBe(true);
      const bare = text.replace(`=${crc.digest()}${end}`, '');
      expect((await decrypt(Buffer.from(bare), 999)).equals(data)).toBe(true);
    }
  });

  it('has the checksum of RFC 4880', () => {
    const crc = new Crc24();
    crc.update(Buffer.from('123456789'));
    expect(crc.digest()).toBe(Buffer.from('21cf02', 'hex').toString('base64'));
  });
});
