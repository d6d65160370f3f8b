import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { symmetricCipher } from './ciphers.ts';
import { openInlineOpener, openOpener } from './opener.ts';

const keyLengths = { aes128: 16, aes192: 24, aes256: 32, tripledes: 24 };

describe.each(Object.entries(keyLengths))('an opener of %s', (name, keyLength) => {
  const cipher = symmetricCipher(name);
  if (!cipher) throw new Error(`${name} is not known`);

  it.each([
    ['in a thread', openOpener],
    ['on this thread', openInlineOpener],
  ])('does %s what node:crypto does, whatever the lengths', async (_, open) => {
    for (const lengths of [[0], [1], [20], [16, 5], [65_536, 0], [48, 131_072, 65_552, 19], [524_288, 524_288, 77]]) {
      const key = randomBytes(keyLength);
      const plain = randomBytes(lengths.reduce((sum, length) => sum + length, 0));
      const message = createCipheriv(cipher.cfb, key, Buffer.alloc(cipher.blockSize)).update(plain);
      const opener = await open({ cipher, key });
      const out: Buffer[] = [];
      let at = 0;
      for (const length of lengths.slice(0, -1)) {
        out.push(await opener.open(Buffer.from(new Uint8Array(message.subarray(at, at + length)).buffer)));
        at += length;
      }
      const last = await opener.finish(Buffer.from(new Uint8Array(message.subarray(at)).buffer));
      await opener.close();
      expect(Buffer.concat([...out, last.plain]).equals(plain), String(lengths)).toBe(true);
      const covered = plain.subarray(0, Math.max(0, plain.length - 20));
      expect(last.detection.equals(createHash('sha1').update(covered).digest()), String(lengths)).toBe(true);
    }
  });

  it('rejects what is in flight when it is closed', async () => {
    const opener = await openOpener({ cipher, key: randomBytes(keyLength) });
    const pending = opener.open(Buffer.from(new ArrayBuffer(1_048_576)));
    pending.catch(() => undefined);
    await opener.close();
    await expect(opener.open(Buffer.from(new ArrayBuffer(16)))).rejects.toThrow('closed');
  });
});
