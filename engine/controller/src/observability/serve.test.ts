import { expect, it } from 'vitest';
import type { ControllerState } from '../start-controller.ts';
import { checkPage, parseBindAddress, servePages } from './serve.ts';
import { livenessOf, readinessOf } from './serve-controller.ts';

it.each([
  [':8080', { host: undefined, port: 8080 }],
  ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ['[::1]:81', { host: '::1', port: 81 }],
  ['0', undefined],
])('reads %s', (text, expected) => expect(parseBindAddress(text)).toEqual(expected));

it.each(['8080', 'host', ':99999', ':-1', 'a:b:1', ':1x'])('refuses %s', (text) => {
  expect(() => parseBindAddress(text)).toThrow(/no address to listen on/);
});

const state = (changes: Partial<ControllerState>): { state: ControllerState } => ({
  state: { synced: true, stale: [], leading: true, leaseStuck: false, longestMs: 0, ...changes },
});
const both = (changes: Partial<ControllerState>): number[] =>
  [livenessOf(state(changes)), readinessOf(state(changes))].map((checks) => checkPage(checks).status);

it('is restarted only for what a restart mends', () => {
  expect(both({})).toEqual([200, 200]);
  expect(both({ leading: false })).toEqual([200, 200]);
  expect(both({ synced: false })).toEqual([200, 503]);
  expect(both({ stale: ['secrets'] })).toEqual([200, 503]);
  expect(both({ leaseStuck: true })).toEqual([503, 200]);
  expect(both({ longestMs: 11 * 60_000 })).toEqual([503, 200]);
});

it('answers what it serves, and nothing else', async () => {
  const pages = { '/ok': () => checkPage({ all: undefined }), '/bad': () => Promise.reject(new Error('secret text')) };
  const served = await servePages({ host: '127.0.0.1', port: 0 }, pages);
  const ask = async (path: string, method = 'GET') => {
    const answer = await fetch(`${served.url}${path}`, { method });
    return [answer.status, await answer.text()];
  };
  try {
    expect(await ask('/ok?verbose')).toEqual([200, '[+]all ok\nok\n']);
    expect(await ask('/ok', 'POST')).toEqual([405, 'only GET\n']);
    expect(await ask('/toString')).toEqual([404, 'not found\n']);
    expect(await ask('/bad')).toEqual([500, 'failed\n']);
  } finally {
    await served.stop();
  }
});
