import { connect } from 'node:net';
import {
  backupRoutes,
  clusterRoutes,
  errorBodySchema,
  eventRoutes,
  jobRoutes,
  procedureRoutes,
  type Route,
  requestHeader,
  restoreRoutes,
  scheduleRoutes,
  sessionRoutes,
} from '@backstay/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness } from '../testing/harness.ts';

const groups = [
  ...[backupRoutes, clusterRoutes, eventRoutes, jobRoutes, procedureRoutes, restoreRoutes],
  ...[scheduleRoutes, sessionRoutes],
];
const routes: Route[] = groups.flatMap((group) => Object.values(group) as Route[]);
const pathOf = (route: Route) => route.path.replaceAll(/:\w+/g, 'x');
const mutating = routes.filter((route) => route.method !== 'GET');

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
  await harness.signIn();
});
afterAll(() => harness[Symbol.asyncDispose]());

const codeOf = async (response: Response) => errorBodySchema.parse(await response.json()).error.code;

describe.each(mutating.map((route) => [route.method, pathOf(route)]))('%s %s', (method, path) => {
  const ours = () => ({ origin: harness.console.url, [requestHeader]: '1', 'content-type': 'application/json' });
  it.each([
    ['no headers', () => ({})],
    ['only the origin', () => ({ origin: harness.console.url })],
    ['only the header', () => ({ [requestHeader]: '1' })],
    ['another origin', () => ({ ...ours(), origin: 'https://evil.example' })],
    ['a null origin', () => ({ ...ours(), origin: 'null' })],
    ['the same host by another scheme', () => ({ ...ours(), origin: harness.console.url.replace('http:', 'https:') })],
    ['another port', () => ({ ...ours(), origin: 'http://127.0.0.1:1' })],
    ['a cross-site fetch', () => ({ ...ours(), 'sec-fetch-site': 'cross-site' })],
  ])('is refused with %s', async (_name, headers) => {
    const response = await harness.fetch(path, { method, headers: headers(), body: method === 'DELETE' ? null : '{}' });
    expect(response.status).toBe(403);
    expect(await codeOf(response)).toBe('foreign_origin');
  });
});

describe('every route', () => {
  it.each(
    routes.filter((route) => route !== (sessionRoutes.signIn as Route)).map((route) => [route.method, pathOf(route)]),
  )('%s %s needs a session', async (method, path) => {
    const response = await fetch(`${harness.console.url}${path}`, {
      method,
      headers: { origin: harness.console.url, [requestHeader]: '1', 'content-type': 'application/json' },
      ...(method === 'POST' && { body: '{}' }),
    });
    expect(response.status).toBe(401);
    expect(await codeOf(response)).toBe('sign_in_required');
  });
});

describe('bad requests', () => {
  const post = (body: string, type = 'application/json') =>
    harness.fetch('/api/schedules/plan', {
      method: 'POST',
      headers: { origin: harness.console.url, [requestHeader]: '1', 'content-type': type },
      body,
    });

  it.each([
    ['no JSON', '{', 'application/json', 400],
    ['another type', 'form=1', 'application/x-www-form-urlencoded', 400],
    ['too much', JSON.stringify({ form: 'x'.repeat(2_000_000) }), 'application/json', 413],
    ['10,000 levels', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'application/json', 422],
    ['__proto__', '{"__proto__":{"form":1},"constructor":{"prototype":{"x":1}}}', 'application/json', 422],
  ] as const)('%s is told apart', async (...[, body, type, status]) => {
    const start = performance.now();
    const response = await post(body, type);
    expect(response.status).toBe(status);
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it('name every field that is wrong', async () => {
    const response = await post(JSON.stringify({ form: { namespace: '', name: 'Bad Name' } }));
    const { error } = errorBodySchema.parse(await response.json());
    expect(error.details?.map((problem) => problem.field)).toEqual(
      expect.arrayContaining(['namespace', 'name', 'when']),
    );
  });

  it.each([
    '/api/jobs/..%2f..%2fsecrets/x',
    '/api/jobs/a%00b/x',
    '/api/jobs/%E0%A4%A/x',
    '/api//jobs',
    '/API/jobs',
    '/api/jobs/',
  ])('%s is no route around anything', async (path) => {
    const response = await harness.fetch(path);
    expect([400, 404]).toContain(response.status);
    expect(response.headers.get('content-type')).toContain('application/json');
  });
});

it('refuses a host name that somebody else’s DNS points here', async () => {
  const answer = await new Promise<string>((resolve) => {
    const socket = connect(Number(harness.console.url.split(':').at(-1)), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => resolve(text));
    socket.end('GET /api/session HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n');
  });
  expect(answer).toMatch(/^HTTP\/1\.1 403 /);
});

it('limits attempts to sign in', async () => {
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 25; attempt += 1) {
    statuses.push((await harness.call('POST', '/api/session', { code: 'wrong' })).status);
  }
  expect(statuses[0]).toBe(401);
  expect(statuses.at(-1)).toBe(429);
});
