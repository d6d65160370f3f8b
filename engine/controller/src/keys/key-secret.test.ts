import { expect, it } from 'vitest';
import { existingSchedule } from '../testing/existing-user.ts';
import { keyNames, missingEntries } from './key-secret.ts';

const specWith = (names: { publicKey: string; privateKey: string }) => {
  const { spec } = existingSchedule('x');
  return { ...spec, gpgKeySecretRef: { ...spec.gpgKeySecretRef, ...names } };
};
const maker = {
  generate: () => Promise.resolve({ publicKey: 'public half', privateKey: 'private half' }),
  derive: (privateKey: string) => Promise.resolve(`derived from ${privateKey}`),
};
const encode = (text: string): string => Buffer.from(text).toString('base64');
const missing = (existing: Record<string, string>) => missingEntries(existingSchedule('x'), existing, maker);

it.each([
  { publicKey: 'k', privateKey: 'k' },
  { publicKey: 'key', privateKey: '' },
  { publicKey: '', privateKey: 'key.pub' },
])('refuses one entry for both halves: $publicKey, $privateKey', (names) => {
  expect(() => keyNames(specWith(names))).toThrow(/for both halves of the key/);
});

it('takes the usual names where none are given', () => {
  expect(keyNames(specWith({ publicKey: '', privateKey: '' }))).toEqual({
    ...{ publicKey: 'key.pub', privateKey: 'key', passphrase: 'passphrase' },
  });
});

it('adds what is missing, and never a private key beside a half', async () => {
  expect(Object.keys(await missing({})).sort()).toEqual(['e-mail.txt', 'passphrase', 'private', 'public']);
  expect(await missing({ public: encode('elsewhere') })).toEqual({});
  expect(await missing({ private: encode('kept'), passphrase: '', 'e-mail.txt': '' })).toEqual({
    public: encode('derived from kept'),
  });
});
