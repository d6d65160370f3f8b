import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { createSessionService } from '../../access/session.ts';
import { createTokenService, sha256Hex, TokenError } from '../../access/tokens.ts';
import { createFilesystemProvider } from '../../configuration/filesystem-provider.ts';
import { openSqliteMetadata } from '../../metadata/metadata-store.ts';
import { asyncTarget, type FuzzTarget, must } from '../fuzz-target.ts';
import { pieces } from '../inputs.ts';

const key = 'the key of a fuzzed server';
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value) ?? '').toString('base64url');
const sign = (signed: string, secret: string, algorithm = 'sha256'): string =>
  createHmac(algorithm, secret).update(signed).digest('base64url');

/** Verifies against real stores that hold exactly one session. */
const open = async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'backstay-tokens-'));
  const metadata = await openSqliteMetadata(path.join(home, 'repository.db'));
  const tokens = createTokenService(key);
  const now = new Date();
  const expiresAt = new Date(now.getTime() + 86_400_000);
  const grant = { login: 'admin', accessKeyName: '', scope: undefined, issuedAt: now, expiresAt };
  const valid = await tokens.issue(grant);
  const session = {
    ...{ id: sha256Hex(valid), createdAt: now, expiresAt, description: 'Login' },
    ...{ requesterIp: '::1', user: 'admin', accessKeyName: '', secretFingerprint: undefined },
  };
  await metadata.sessions.record(session, 0);
  const sessions = createSessionService({
    ...{ tokens, sessions: metadata.sessions, configuration: createFilesystemProvider(home, 'backups') },
    ...{ accessKeys: metadata.accessKeys, noteUse: () => undefined },
    ...{ clock: { now: () => new Date() }, enforceAddresses: true },
  });
  const accepts = async (authorization: string | undefined): Promise<boolean> => {
    try {
      await sessions.authenticate(authorization);
      return true;
    } catch (error) {
      must(error instanceof TokenError, `it is refused as a token, not with ${String(error)}`);
      return false;
    }
  };
  const close = async (): Promise<void> => {
    const stillAccepted = await accepts(`Bearer ${valid}`);
    await metadata.close();
    await rm(home, { recursive: true, force: true });
    must(stillAccepted, 'the one good token still counts');
  };
  return { valid, accepts, close };
};

/** One good token, changed somewhere. */
const mutated = asyncTarget({
  name: 'mutated tokens',
  family: 'T41',
  weight: 4,
  inputs: fc.record({
    at: fc.nat({ max: 400 }),
    remove: fc.nat({ max: 4 }),
    insert: fc.oneof(fc.base64String({ maxLength: 4 }), pieces('.', '=', '-', '_', 'A')),
    prefix: fc.constantFrom('Bearer ', 'Bearer ', 'Bearer ', 'bearer ', 'JWT ', 'Bearer  ', ''),
  }),
  open: async () => {
    const { valid, accepts, close } = await open();
    return {
      close,
      check: async ({ at, remove, insert, prefix }) => {
        const token = `${valid.slice(0, at)}${insert}${valid.slice(at + remove)}`;
        const header = `${prefix}${token}`;
        must(header === `Bearer ${valid}` || !(await accepts(header)), 'a changed token is refused');
      },
    };
  },
});

const heads = [
  ...[
    { alg: 'HS256', typ: 'JWT' },
    { alg: 'none' },
    { alg: 'None' },
    { alg: 'hs256' },
    { alg: 'HS384' },
    { alg: 'HS512' },
  ],
  ...[
    { alg: 'RS256' },
    { alg: 'HS256', crit: ['exp'] },
    { alg: 'HS256', b64: false, crit: ['b64'] },
    { alg: ['HS256'] },
  ],
  ...[
    { alg: 'HS256', kid: '../../dev/null' },
    { alg: 'HS256', jwk: { kty: 'oct', k: '' } },
    { alg: 'HS256', typ: 'none' },
  ],
  ...[{ alg: 'ES256', jku: 'http://127.0.0.1/' }, {}, [], null, 'HS256', { alg: 'dir', enc: 'A128GCM' }],
];

/** Headers, claims and signatures of every kind; some are signed with the right key, but none of them was ever issued. */
const forged = asyncTarget({
  name: 'forged tokens',
  family: 'T41',
  weight: 4,
  inputs: fc.record({
    head: fc.constantFrom(...heads),
    claims: fc.oneof(
      fc.record({
        login: fc.constantFrom('admin', '', '../admin', 7, null),
        exp: fc.constantFrom(99_999_999_999, 0, -1, '99999999999', null, 1e308),
        operationsScope: fc.constantFrom('bnVsbA==', 'e30=', '', 'x'),
        accessKeyName: fc.constantFrom('', 'k', 0),
        orig_iat: fc.constantFrom(0, 99_999_999_999, 'x'),
      }),
      fc.jsonValue({ maxDepth: 2 }),
    ),
    secret: fc.constantFrom('', 'secret', key, key, `${key} `, 'null', '\0'),
    hash: fc.constantFrom('sha256', 'sha256', 'sha384', 'sha512', 'sha1'),
    signature: fc.constantFrom(undefined, undefined, undefined, '', 'AA', 'A'.repeat(43)),
  }),
  open: async () => {
    const { accepts, close } = await open();
    return {
      close,
      check: async ({ head, claims, secret, hash, signature }) => {
        const signed = `${encode(head)}.${encode(claims)}`;
        const token = `${signed}.${signature ?? sign(signed, secret, hash)}`;
        must(!(await accepts(`Bearer ${token}`)), 'a token that was never issued is refused');
      },
    };
  },
});

const anything = asyncTarget({
  name: 'anything as a token',
  family: 'T41',
  weight: 2,
  inputs: pieces('Bearer ', 'eyJhbGciOiJIUzI1NiJ9', '.', 'e30', 'AAAA', '=', ','),
  open: async () => {
    const { accepts, close } = await open();
    return {
      close,
      check: async (header) => must(!(await accepts(header)), 'it is refused'),
    };
  },
});

export const tokenTargets: readonly FuzzTarget[] = [mutated, forged, anything];
