import fc from 'fast-check';
import { type FuzzTarget, must } from '../fuzz-target.ts';
import { names, pieces } from '../inputs.ts';
import { asJson, request, uploads, urlText, versions, wireTarget } from '../world.ts';

const maxGrowth = 50 * 1024 * 1024;

const paths = wireTarget({
  name: 'wire: URL paths',
  family: 'T33',
  weight: 0.05,
  inputs: fc.record({
    before: fc.constantFrom('', '/', '/api/stable/auth/user/', '/api/stable/repository/collection/', `${versions}/`),
    text: fc.oneof(
      pieces('shop-db', 'version', 'canary', '..%2f', '1'),
      fc.webPath(),
      pieces().map(encodeURIComponentSafely),
    ),
    after: fc.constantFrom('', '/version', '/health', '/version/latest', '?userName=..%2fadmin'),
  }),
  check: async ({ send, token }, { before, text, after }) => {
    await send(request(`GET ${urlText(`${before}${text}${after}`) || '/'}`, { Authorization: `Bearer ${token}` }));
  },
});

const logins = wireTarget({
  name: 'wire: user names',
  family: 'T33',
  weight: 0.004,
  inputs: names.map((name) => name.slice(0, 500)),
  check: async ({ send }, name) => {
    const body = JSON.stringify({ username: `${name.slice(0, 40)}/../${name}`, password: 'secret' });
    const { status } = await send(request('POST /api/stable/auth/login', asJson, body));
    must(status === 401 || status === 429, `a path is no user: ${status}`);
  },
});

const headerNames = [
  'Range',
  'If-Match',
  'If-Range',
  'Upload-Offset',
  'Content-Type',
  'Cookie',
  'X-Forwarded-For',
  'Accept',
  'Expect',
];
const headers = wireTarget({
  name: 'wire: headers',
  family: 'T34',
  weight: 0.05,
  inputs: fc.record({
    name: fc.constantFrom(...headerNames),
    value: fc.oneof(
      pieces(
        'bytes=',
        '0-',
        '1',
        '"',
        '*',
        ',',
        'multipart/form-data',
        '; boundary=',
        'jwt=',
        'X-Injected: 1',
        '100-continue',
      ),
      names,
    ),
    route: fc.constantFrom('GET latest', 'GET list', 'PATCH upload', 'POST upload'),
  }),
  check: async ({ send, token, upload }, { name, value, route }) => {
    const targets = {
      'GET latest': `GET ${versions}/latest`,
      'GET list': `GET ${versions}`,
      'PATCH upload': `PATCH ${uploads}/${upload}`,
      'POST upload': `POST ${uploads}`,
    };
    const one = value.replace(/\r\n(?=[^ ])|[\0]/g, '').toWellFormed();
    await send(request(targets[route], { Authorization: `Bearer ${token}`, [name]: one }, ''));
  },
});

const bodyText = fc.oneof(
  pieces(
    '{',
    '}',
    '[',
    ']',
    '"username"',
    ':',
    '"admin"',
    ',',
    '"password"',
    '"secret"',
    '"operationsScope"',
    '"__proto__"',
    'null',
  ),
  fc.json({ maxDepth: 4 }),
  fc.integer({ min: 1, max: 60_000 }).map((depth) => '['.repeat(depth)),
  fc.integer({ min: 1, max: 20_000 }).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
  fc.integer({ min: 1, max: 1_000_000 }).map((length) => `{"username":"${'a'.repeat(length)}","password":"x"}`),
);
const bodies = wireTarget({
  name: 'wire: bodies',
  family: 'T35',
  weight: 0.02,
  inputs: fc.record({ text: bodyText, login: fc.boolean(), form: fc.boolean() }),
  check: async ({ send, token }, { text, login, form }) => {
    const target = login ? 'POST /api/stable/auth/login' : `POST ${uploads}`;
    const type = form ? { 'Content-Type': 'application/x-www-form-urlencoded' } : asJson;
    const memory = process.memoryUsage().rss;
    const { status } = await send(request(target, { ...type, Authorization: `Bearer ${token}` }, text.toWellFormed()));
    must(status >= 400 && status < 500, `a hostile body is refused: ${status}`);
    must(process.memoryUsage().rss - memory < maxGrowth, 'it takes no more than 50 MiB');
  },
});

const credentials = wireTarget({
  name: 'wire: mixed credentials',
  family: 'T41',
  weight: 0.04,
  inputs: fc.record({
    first: fc.constantFrom(
      'Bearer nothing',
      'bearer VALID',
      'Basic YWRtaW46c2VjcmV0',
      '',
      'Bearer',
      'Bearer VALID, Bearer VALID',
      'JWT VALID',
    ),
    others: fc.array(
      fc.constantFrom(
        'Cookie: jwt=VALID',
        'X-Authorization: Bearer VALID',
        'Proxy-Authorization: Bearer VALID',
        'X-User: admin',
        'X-Remote-User: admin',
      ),
      { maxLength: 3 },
    ),
    query: fc.constantFrom('', '?token=VALID', '?jwt=VALID', '?access_token=VALID'),
  }),
  check: async ({ send, token }, { first, others, query }) => {
    const lines = [`Authorization: ${first}`, ...others].map((line) => `${line}\r\n`).join('');
    const text = `GET /api/stable/auth/whoami${query} HTTP/1.1\r\nHost: x\r\n${lines}\r\n`.replaceAll('VALID', token);
    const { status } = await send(Buffer.from(text));
    must(status === 401, `identity comes from one verified source: ${status}`);
  },
});

export const wireTargets: readonly FuzzTarget[] = [paths, logins, headers, bodies, credentials];

function encodeURIComponentSafely(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
