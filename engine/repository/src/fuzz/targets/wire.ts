import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { call } from '../../testing/api.ts';
import { createShop, type Harness } from '../../testing/harness.ts';
import { armoured } from '../../testing/messages.ts';
import { asyncTarget, type FuzzFamily, type FuzzTarget, must } from '../fuzz-target.ts';
import { names, pieces } from '../inputs.ts';
import { type RawAnswer, RawConnection } from '../raw-connection.ts';
import { drivesTerminals } from '../terminal-text.ts';

const canary = 'canary-of-a-file-that-nobody-may-read';
const maxGrowth = 50 * 1024 * 1024;
const versions = '/api/stable/repository/collection/shop-db/version';
const uploads = '/api/stable/repository/collection/shop-db/uploads';

interface World {
  readonly shop: Harness;
  readonly token: string;
  readonly upload: string;
  send(bytes: Buffer): Promise<RawAnswer>;
}

/** What no input may bring about: an error of ours, bytes from elsewhere, a second answer or a header of the sender's. */
const mustBeHarmless = ({ status, head, body }: RawAnswer): void => {
  must(status < 500 || status === 503, `the answer is ${status}`);
  must(!`${head}${body}`.includes(canary), 'nothing from outside is read');
  must(!/\r\nx-injected:/i.test(head) && !/\nset-cookie:/i.test(head), 'no header is split');
  must(!body.includes('HTTP/1.1 '), 'one request has one answer');
};

const mustLogPlainly = (logs: readonly string[]): void => {
  for (const line of logs) {
    must(!drivesTerminals(line.slice(0, -1)), `a log line is one line: ${JSON.stringify(line)}`);
    must(!/unexpectedly/.test(line), `nothing unexpected happens: ${line}`);
  }
};

const openWorld = async (): Promise<World & { close(): Promise<void> }> => {
  const shop = await createShop();
  await writeFile(path.join(shop.home, 'canary'), canary);
  await mkdir(path.join(shop.home, 'configuration', 'other'), { recursive: true });
  await writeFile(path.join(shop.home, 'configuration', 'other', 'canary.yaml'), canary);
  const token = await shop.login('admin');
  await call(shop, `POST ${versions}`, { token, body: armoured(300) });
  const opened = await call(shop, `POST ${uploads}`, { token, json: { key: 'a-key-of-16-letters' } });
  const before = (await readdir(shop.home)).sort();
  const connection = new RawConnection(shop.url);
  return {
    ...{ shop, token, upload: String(opened.body.data.upload.id) },
    send: async (bytes) => {
      const answer = await connection.exchange(bytes);
      mustBeHarmless(answer);
      return answer;
    },
    close: async () => {
      connection.close();
      mustLogPlainly(shop.logs);
      const alive = (await call(shop, 'GET /health')).status === 200;
      const after = (await readdir(shop.home)).sort();
      await shop.stop();
      must(alive, 'the server still answers');
      must(before.join() === after.join(), 'nothing is written elsewhere');
    },
  };
};

const wireTarget = <T>(definition: {
  name: string;
  family: FuzzFamily;
  weight: number;
  inputs: fc.Arbitrary<T>;
  check(world: World, input: T): Promise<void>;
}): FuzzTarget =>
  asyncTarget({
    ...definition,
    open: async () => {
      const world = await openWorld();
      return { check: (input) => definition.check(world, input), close: world.close };
    },
  });

const headOf = (target: string, headers: Record<string, string>): string =>
  `${target} HTTP/1.1\r\nHost: x\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}`;

const request = (target: string, headers: Record<string, string> = {}, body: string | Buffer = ''): Buffer =>
  Buffer.concat([
    Buffer.from(`${headOf(target, headers)}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`, 'utf8'),
    Buffer.from(body),
  ]);

const asJson = { 'Content-Type': 'application/json' };

/** The target of a request cannot hold what would end it. */
const urlText = (text: string): string =>
  text.replace(/[\0\r\n \t\v\f]/g, (char) => encodeURIComponent(char)).toWellFormed();

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
