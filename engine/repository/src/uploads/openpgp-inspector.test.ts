import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { armoured, binaryMessage } from '../testing/messages.ts';
import { missingFooter, missingHeader, OpenPgpInspector } from './openpgp-inspector.ts';

const mebibyte = 1024 * 1024;
const inspect = (bytes: Uint8Array, cuts: readonly number[] = []): string | undefined => {
  const inspector = new OpenPgpInspector();
  const borders = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (const [index, border] of borders.entries()) {
    inspector.push(bytes.subarray(borders[index - 1] ?? 0, border));
  }
  return inspector.verdict();
};

describe('OpenPgpInspector', () => {
  it('finds header and footer wherever chunks end', () => {
    const message = armoured(300);
    for (let cut = 0; cut <= message.length; cut += 1) {
      expect(inspect(message, [cut])).toBeUndefined();
    }
    const bytewise = Array.from({ length: message.length }, (_, index) => index);
    expect(inspect(message, bytewise)).toBeUndefined();
  });

  it('gives the same verdict for any cuts', () => {
    const parts = fc.array(
      fc.constantFrom(
        '-----BEGIN PGP MESSAGE',
        '-----END PGP MESSAGE',
        '-----',
        'BEGIN PGP',
        '\n',
        'x',
        '--------END PGP MESSAGE-----',
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(parts, fc.array(fc.nat({ max: 400 }), { maxLength: 20 }), (texts, cuts) => {
        const bytes = Buffer.from(texts.join(''));
        expect(inspect(bytes, cuts)).toBe(inspect(bytes));
        const text = bytes.toString();
        const expected = text.includes('-----END PGP MESSAGE') ? undefined : missingFooter;
        expect(inspect(bytes)).toBe(text.includes('-----BEGIN PGP MESSAGE') ? expected : missingHeader);
      }),
      { numRuns: 3000 },
    );
  });

  it('looks for them in the first and last MiB only', () => {
    const padding = (bytes: number) => Buffer.alloc(bytes, 'x');
    const message = armoured(100);
    expect(inspect(Buffer.concat([padding(mebibyte - 10), message]))).toBeUndefined();
    expect(inspect(Buffer.concat([padding(mebibyte + 10), message]))).toBe(missingHeader);
    expect(inspect(Buffer.concat([message, padding(mebibyte - 100)]))).toBeUndefined();
    expect(inspect(Buffer.concat([message, padding(mebibyte + 100)]))).toBe(missingFooter);
  });

  it('gives up early on what can be no message', () => {
    const inspector = new OpenPgpInspector();
    inspector.push(Buffer.alloc(mebibyte));
    expect(inspector.hopeless).toBeUndefined();
    inspector.push(Buffer.alloc(mebibyte));
    expect(inspector.hopeless).toBe(missingHeader);
    const good = new OpenPgpInspector();
    good.push(binaryMessage(3 * mebibyte));
    expect(good.hopeless).toBeUndefined();
  });

  it('knows binary messages by their first packet', () => {
    const starts: [number[], boolean][] = [
      [[0x85, 0x01, 0x0c, 0x03, 1], true],
      [[0x84, 0x5e, 0x03, 1, 1], true],
      [[0xc1, 0xc1, 0x4c, 0x03, 1], true],
      [[0x8c, 0x0d, 0x04, 9], true],
      [[0xc3, 0x0d, 0x04, 9], true],
      [[0xd2, 0xff, 0, 0, 1, 0, 1], true],
      [[0xd2, 0xed, 1, 0], true],
      [[0xd4, 0xed, 1, 0], true],
      [[0xca, 0x03, 0x50, 0x47, 0x50, 0x85, 0x01, 0x0c, 0x03], true],
      [[0x1f, 0x8b, 8, 0, 0], false],
      [[0x50, 0x4b, 3, 4], false],
      [[0x99, 0x01, 0x0d, 0x04, 1], false],
      [[0x85, 0x01, 0x0c, 0x09, 1], false],
      [[0xff, 0xd8, 0xff, 0xe0], false],
      [[], false],
      [[0xc1], false],
    ];
    for (const [start, expected] of starts) {
      expect(inspect(Buffer.from(start)) === undefined, start.map((byte) => byte.toString(16)).join(' ')).toBe(
        expected,
      );
    }
  });

  it('survives anything', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.array(fc.nat({ max: 200 }), { maxLength: 5 }),
        (bytes, cuts) => {
          expect(inspect(bytes, cuts)).toBe(inspect(bytes));
        },
      ),
      { numRuns: 3000 },
    );
  });
});

const hasGpg = (): boolean => {
  try {
    execFileSync('gpg', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

it.skipIf(!hasGpg())('accepts what gpg writes (needs gpg)', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'backstay-gpg-'));
  try {
    const text = 'some text to be kept';
    const gpg = (input: string, ...args: string[]): Buffer =>
      execFileSync('gpg', ['--homedir', home, '--batch', '--yes', '--pinentry-mode', 'loopback', ...args], {
        input,
        stdio: ['pipe', 'pipe', 'ignore'],
      });
    for (const cipher of ['AES256', 'CAMELLIA128']) {
      for (const armour of [[], ['--armor']]) {
        const message = gpg(text, ...armour, '--cipher-algo', cipher, '--passphrase', 'x', '--symmetric');
        expect(inspect(message)).toBeUndefined();
      }
    }
    gpg('', '--passphrase', '', '--quick-generate-key', 'shop <shop@example.org>', 'future-default', 'default');
    for (const armour of [[], ['--armor']]) {
      expect(
        inspect(gpg(text, ...armour, '--trust-model', 'always', '-r', 'shop@example.org', '--encrypt')),
      ).toBeUndefined();
    }
    expect(inspect(gpg('', '--export'))).toBe(missingHeader);
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'], { stdio: 'ignore' });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
