import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KubeClient, KubeError } from '@backstay/kubernetes';
import type { KubeObject } from '@backstay/shared';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HistoryDatabase, openHistory } from '../history/history-database.ts';
import { MemoryCluster } from '../testing/memory-cluster.ts';
import { openToken, sealToken } from './sealed-token.ts';
import { Sessions } from './sessions.ts';
import { kubernetesSignIn, localSignIn } from './sign-in.ts';
import { SignInCodes } from './sign-in-codes.ts';

const hour = 3_600_000;
let folder: string;
let database: HistoryDatabase;
let now: number;
const clock = () => now;
const user = { name: 'ada', groups: [], token: 'canary-token' };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backstay-identity-'));
  database = openHistory(join(folder, 'console', 'console.db'));
  now = Date.UTC(2026, 10, 23);
});
afterEach(async () => {
  await database.destroy();
  await rm(folder, { recursive: true });
});

describe('a session', () => {
  const local = () => {
    const codes = new SignInCodes(database, clock);
    return { codes, sessions: new Sessions(database, localSignIn(codes, user), clock) };
  };

  it('begins with a fresh code only', async () => {
    const { codes, sessions } = local();
    const code = codes.create();
    now += 24 * hour;
    expect(await sessions.begin(code)).toBeUndefined();
    const other = codes.create();
    const [first, second] = await Promise.all([sessions.begin(other), sessions.begin(other)]);
    expect([first, second].filter(Boolean)).toHaveLength(1);
    expect(JSON.stringify(await database.selectFrom('sign_in_codes').selectAll().execute())).not.toContain(other);
  });

  it('ends after 12 idle hours, and after 7 days in any case', async () => {
    const { codes, sessions } = local();
    const idle = (await sessions.begin(codes.create()))?.id ?? '';
    const busy = (await sessions.begin(codes.create()))?.id ?? '';
    for (let passed = 0; passed < 7 * 24 - 6; passed += 6) {
      now += 6 * hour;
      expect(await sessions.find(busy, { touch: true })).toEqual(user);
    }
    expect(await sessions.find(idle, { touch: true })).toBeUndefined();
    now += 6 * hour;
    expect(await sessions.find(busy, { touch: true })).toBeUndefined();
  });

  it('is not kept alive by looking at it', async () => {
    const { codes, sessions } = local();
    const { id = '' } = (await sessions.begin(codes.create())) ?? {};
    for (let passed = 0; passed < 11; passed += 1) {
      now += hour;
      await sessions.find(id, { touch: false });
    }
    now += hour;
    expect(await sessions.find(id, { touch: false })).toBeUndefined();
  });

  it('is over for a person who is not the local one any more', async () => {
    const { codes, sessions } = local();
    const { id = '' } = (await sessions.begin(codes.create())) ?? {};
    const renamed = new Sessions(database, localSignIn(codes, { ...user, name: 'grace' }), clock);
    expect(await renamed.find(id, { touch: true })).toBeUndefined();
  });
});

describe('signing in with a token of the cluster', () => {
  const clientFor = (userInfo: object | undefined): KubeClient => {
    const client = new MemoryCluster().clientAs('system');
    const create = async () => {
      if (userInfo === undefined) throw new KubeError(401, 'Unauthorized');
      return { apiVersion: '', kind: '', metadata: { name: '' }, status: { userInfo } } satisfies KubeObject;
    };
    return Object.assign(client, { create, withToken: () => client });
  };

  it('takes the name that the API server knows, and seals the token with the session id', async () => {
    const signIn = kubernetesSignIn(clientFor({ username: 'grace', groups: ['ops'] }));
    const sessions = new Sessions(database, signIn, clock);
    const begun = await sessions.begin('canary-token');
    expect(begun?.identity).toEqual({ name: 'grace', groups: ['ops'], token: 'canary-token' });
    expect(await sessions.find(begun?.id ?? '', { touch: true })).toEqual(begun?.identity);
    const rows = JSON.stringify(await database.selectFrom('sessions').selectAll().execute());
    expect(rows).not.toMatch(/canary/);
    expect(rows).not.toContain(begun?.id);
  });

  it.each([[undefined], [{ username: '' }], [{ username: 'system:anonymous' }], [{}]])(
    'refuses %j',
    async (userInfo) => {
      const sessions = new Sessions(database, kubernetesSignIn(clientFor(userInfo)), clock);
      expect(await sessions.begin('canary-token')).toBeUndefined();
    },
  );

  it('opens a sealed token with its own session only', () => {
    const sealed = sealToken('canary-token', 'one');
    expect(openToken(sealed, 'one')).toBe('canary-token');
    expect(() => openToken(sealed, 'two')).toThrow();
    expect(() => openToken(sealed.with(15, (sealed[15] ?? 0) ^ 1), 'one')).toThrow();
  });
});
