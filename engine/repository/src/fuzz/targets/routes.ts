import fc from 'fast-check';
import type { FuzzTarget } from '../fuzz-target.ts';
import { names, pieces } from '../inputs.ts';
import { asJson, request, urlText, wireTarget } from '../world.ts';

const stable = '/api/stable';
const collection = `${stable}/repository/collection/:name`;
const user = `${stable}/users/:name`;

/** Everything that can be asked for, but what would end the session that asks. */
const targets = [
  ...[`GET ${stable}/audit`, `GET ${stable}/auth/token`, `GET ${stable}/auth/user/:name`, `GET ${stable}/openapi.json`],
  ...[`GET ${stable}/repository/collection`, `POST ${stable}/repository/collection`, `GET ${collection}`],
  ...[`PATCH ${collection}`, `DELETE ${collection}`, `GET ${collection}/forecast`, `GET ${collection}/health`],
  ...[`GET ${collection}/usage`, `GET ${collection}/verification`, `GET ${collection}/version/:name`],
  ...[`DELETE ${collection}/version/:name`, `POST ${collection}/version/:name/hold`],
  ...[
    `DELETE ${collection}/version/:name/hold`,
    `POST ${collection}/version/:name/verify`,
    `POST ${collection}/uploads`,
  ],
  ...[
    `GET ${collection}/uploads/:name`,
    `PATCH ${collection}/uploads/:name`,
    `POST ${collection}/uploads/:name/finalise`,
  ],
  ...[
    `GET ${stable}/repository/storage/sweep`,
    `GET ${stable}/users`,
    `POST ${stable}/users`,
    `GET ${user}`,
    `PATCH ${user}`,
  ],
  ...[`DELETE ${user}`, `GET ${user}/access-keys`, `POST ${user}/access-keys`, `PATCH ${user}/access-keys/:name`],
  ...[`POST ${user}/access-keys/:name/rotate`, `DELETE ${user}/access-keys/:name`, `POST ${user}/password`],
];

const fields = [
  ...[
    'name',
    'spec',
    'email',
    'roles',
    'password',
    'deactivated',
    'restrictByIP',
    'filenameTemplate',
    'maxBackupsCount',
  ],
  ...[
    'maxOneVersionSize',
    'maxCollectionSize',
    'windows',
    'strategyName',
    'strategySpec',
    'accessControl',
    'key',
    'sha256',
  ],
  ...['size', 'reason', 'until', 'objects', 'expiresAt', 'expectedBytes', 'overlap', 'resourceVersion', '__proto__'],
];
const value = fc.oneof(
  fc.constantFrom('shop', '${version}', '1M', '../x', '-1', '9'.repeat(40), '2026-11-22T10:00:00Z', '6h', '\n', ''),
  fc.jsonValue({ maxDepth: 3 }),
  names,
);
const bodies = fc.oneof(
  fc.dictionary(fc.constantFrom(...fields), value, { maxKeys: 8 }).map((body) => JSON.stringify(body)),
  fc
    .dictionary(fc.constantFrom(...fields), value, { maxKeys: 8 })
    .map((spec) => JSON.stringify({ name: 'fuzzed', spec })),
  pieces('{', '}', '"name"', ':', '"x"', ',', '[', ']'),
);

/** A name that no document has: what is asked for exists nowhere, so that nothing good is lost. */
const strange = names.map((name) => encodeURIComponent(`${name.slice(0, 600)}~`.toWellFormed()));

const anyRoute = (family: 'T33' | 'T35'): FuzzTarget =>
  wireTarget({
    name: `wire: every route (${family})`,
    family,
    weight: 0.05,
    inputs: fc.record({
      target: fc.constantFrom(...targets),
      names: fc.tuple(strange, strange),
      inShop: fc.boolean(),
      query: pieces('?', 'user', 'limit', 'before', '=', '&', '-1', '%00'),
      body: family === 'T33' ? fc.constant('') : bodies,
    }),
    check: async ({ send, token }, { target, names: [first, second], inShop, query, body }) => {
      const path = target.replace(':name', inShop && target.includes('/collection/') ? 'shop-db' : first);
      const safe = inShop && /^(DELETE|PATCH) \S*\/:name$/.test(target) ? target.replace(':name', first) : path;
      const full = urlText(`${safe.replace(':name', second)}${query}`);
      await send(
        request(full.replace('%20', ' '), { ...asJson, Authorization: `Bearer ${token}` }, body.toWellFormed()),
      );
    },
  });

export const routeTargets: readonly FuzzTarget[] = [anyRoute('T33'), anyRoute('T35')];
