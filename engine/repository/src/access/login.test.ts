import { describe, expect, it } from 'vitest';
import type { ConfigurationProvider } from '../configuration/configuration-provider.ts';
import { readUser } from '../configuration/documents.ts';
import { createLoginService } from './login.ts';

const start = Date.parse('2026-11-23T10:00:00Z');

const create = () => {
  let now = start;
  const verified: (string | undefined)[] = [];
  const spec = { email: '', roles: [], password: 'hash', accessKeys: [] };
  const configuration: Pick<ConfigurationProvider, 'user' | 'secretEntry'> = {
    user: async (name) => (name === 'known' ? readUser({ metadata: { name }, spec }, name) : undefined),
    secretEntry: async () => undefined,
  };
  const logins = createLoginService({
    configuration: configuration as ConfigurationProvider,
    accessKeys: { find: async () => undefined } as never,
    noteUse: () => undefined,
    passwords: {
      verify: async (plain, stored) => {
        verified.push(stored);
        return plain === 'right' && stored === 'hash';
      },
    },
    clock: { now: () => new Date(now) } as never,
    enforceAddresses: true,
    onProblem: (error) => {
      throw error;
    },
  });
  return {
    logins,
    verified,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
};

describe('guessing', () => {
  it('is looked at ten times a minute and account, from whatever addresses', async () => {
    const { logins, verified, pass } = create();
    for (let minute = 1; minute <= 5; minute += 1) {
      const tries = Array.from({ length: 4000 }, (_, index) =>
        logins.login('known', `guess ${index}`, `10.${minute}.${index >> 8}.${index & 255}`),
      );
      const outcomes = (await Promise.all(tries)).map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'refused')).toHaveLength(10);
      expect(verified).toHaveLength(10 * minute);
      pass(60_000);
    }
  });

  it('costs one verification each, whether the account exists or not', async () => {
    const { logins, verified } = create();
    expect(await logins.login('known', 'wrong', '10.0.0.1')).toEqual({ outcome: 'refused', known: true });
    expect(await logins.login('unknown', 'wrong', '10.0.0.1')).toEqual({ outcome: 'refused', known: false });
    expect(verified).toEqual(['hash', undefined]);
  });

  it('elsewhere does not lock out whoever logged in from an address before', async () => {
    const { logins, pass } = create();
    expect((await logins.login('known', 'right', '10.0.0.1')).outcome).toBe('accepted');
    pass(60_000);
    for (let index = 0; index < 50; index += 1) {
      await logins.login('known', 'guess', `10.1.0.${index}`);
    }
    expect((await logins.login('known', 'right', '10.0.0.9')).outcome).toBe('too-many');
    expect((await logins.login('known', 'right', '10.0.0.1')).outcome).toBe('accepted');
  });
});
