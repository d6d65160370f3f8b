import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeScope, encodeScope } from './operations-scope.ts';
import { createTokenService, TokenError } from './tokens.ts';

const tokens = createTokenService('key');
const issue = (scope?: Parameters<typeof encodeScope>[0]) =>
  tokens.issue({ login: 'ä~?', accessKeyName: '', scope, issuedAt: new Date(0), expiresAt: new Date(1000) });

it('reads what it issued, whatever the claims hold', async () => {
  expect(await tokens.verify(await issue())).toMatchObject({ login: 'ä~?', exp: 1, orig_iat: 0 });
});

it('never issues the same token twice', async () => {
  const all = await Promise.all(Array.from({ length: 200 }, () => issue()));
  expect(new Set(all).size).toBe(200);
});

it('accepts no changed token and crashes on none', async () => {
  const good = await issue();
  const outcome = async (token: string): Promise<string> => {
    try {
      await tokens.verify(token);
      return 'accepted';
    } catch (error) {
      expect(error).toBeInstanceOf(TokenError);
      return 'refused';
    }
  };
  const mutated = fc.tuple(fc.nat({ max: good.length - 1 }), fc.constantFrom(...'abcXYZ019-_.=+/ \n'));
  await fc.assert(
    fc.asyncProperty(mutated, async ([at, char]) => {
      const token = good.slice(0, at) + char + good.slice(at + 1);
      const sameBytes = token
        .split('.')
        .every((part, index) =>
          Buffer.from(part, 'base64url').equals(Buffer.from(good.split('.')[index] ?? '', 'base64url')),
        );
      fc.pre(!sameBytes);
      expect(await outcome(token)).toBe('refused');
    }),
    { numRuns: 1500 },
  );
  await fc.assert(
    fc.asyncProperty(fc.string({ maxLength: 300 }), async (text) => {
      expect(await outcome(text)).toBe('refused');
      expect(await outcome(`${text}.${text}.${text}`)).toBe('refused');
    }),
    { numRuns: 1000 },
  );
});

it('keeps scopes, and takes damaged ones for no permission to go without', () => {
  const scope = { elements: [{ type: 'collection', name: 'db', roles: ['x'] }] };
  expect(decodeScope(encodeScope(scope))).toEqual(scope);
  expect(encodeScope(undefined)).toBe('bnVsbA==');
  expect(decodeScope('bnVsbA==')).toBeUndefined();
  expect(decodeScope(Buffer.from('{"elements":[{"name":"db"}]}').toString('base64'))).toEqual({
    elements: [{ type: '', name: 'db', roles: [] }],
  });
  for (const broken of [
    '',
    'x',
    Buffer.from('7').toString('base64'),
    Buffer.from('{"elements":7}').toString('base64'),
  ]) {
    expect(() => decodeScope(broken), broken).toThrow();
  }
});
