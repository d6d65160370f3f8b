import { describe, expect, it } from 'vitest';
import { sessionRoutes } from './session.ts';

describe('signing in', () => {
  it.each([
    [1, true],
    [1200, true],
    [8192, true],
    [0, false],
    [8193, false],
  ])('with a proof of %i characters is possible: %s', (length, possible) => {
    expect(sessionRoutes.signIn.body?.safeParse({ code: 'x'.repeat(length) }).success).toBe(possible);
  });
});
