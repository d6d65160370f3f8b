import { afterEach, expect, it } from 'vitest';
import { call } from '../testing/api.ts';
import { createShop, type Harness } from '../testing/harness.ts';
import { rawClient, requestHead } from '../testing/raw-client.ts';

let shop: Harness;
afterEach(() => shop.stop());
const health = (headers: Record<string, string> = {}) => call(shop, 'GET /health', { headers });

it('limits requests by address and says what is left', async () => {
  shop = await createShop({ rateLimits: { serverHealth: 2 } });
  const answers = [await health(), await health({ 'x-forwarded-for': '9.9.9.9' }), await health()];
  expect(answers.map((answer) => answer.status)).toEqual([200, 200, 429]);
  expect(answers.map((answer) => answer.headers.get('x-ratelimit-remaining'))).toEqual(['1', '0', null]);
  expect(answers[0]?.headers.get('x-ratelimit-limit')).toBe('2');
  expect(answers[2]?.text).toBe('');
});

it('believes trusted proxies, and only as far as they go', async () => {
  shop = await createShop({ rateLimits: { serverHealth: 1 }, trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
  const from = async (forwarded: string) => (await health({ 'x-forwarded-for': forwarded })).status;
  expect(await from('5.5.5.5, 10.1.1.1')).toBe(200);
  expect(await from('6.6.6.6, 5.5.5.5')).toBe(429);
  expect(await from('6.6.6.6')).toBe(200);
});

it('limits guesses by account, wherever they come from, and lets known places in', async () => {
  shop = await createShop({ trustedProxies: ['127.0.0.1'] });
  const login = (password: string, address: string) =>
    call(shop, 'POST /api/stable/auth/login', {
      headers: { 'x-forwarded-for': address },
      json: { username: 'admin', password },
    });
  expect((await login('secret', '1.1.1.1')).status).toBe(200);
  const guesses = await Promise.all(Array.from({ length: 14 }, (_, index) => login('wrong', `2.2.2.${index}`)));
  const statuses = guesses.map((guess) => guess.status).sort();
  expect(statuses.filter((status) => status === 401)).toHaveLength(10);
  expect(statuses.filter((status) => status === 429)).toHaveLength(4);
  expect((await login('secret', '3.3.3.3')).status).toBe(429);
  expect((await login('secret', '1.1.1.1')).status).toBe(200);
});

it('refuses an empty key and rules that are none', async () => {
  shop = await createShop();
  await expect(createShop({ jwtKey: '' })).rejects.toThrow(/must not be empty/);
  await expect(createShop({ trustedProxies: ['10.0.0.0/99'] })).rejects.toThrow(/10\.0\.0\.0\/99/);
});

it('does not wait for ever for a small body that trickles in', async () => {
  shop = await createShop({ smallBodyTimeout: 100 });
  const client = await rawClient(shop);
  await client.send(requestHead('POST /api/stable/auth/login', { 'content-length': '100' }));
  const trickle = setInterval(() => void client.send(' ').catch(() => undefined), 20);
  try {
    expect(await client.receive(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 408 /);
  } finally {
    clearInterval(trickle);
    client.socket.destroy();
  }
});
