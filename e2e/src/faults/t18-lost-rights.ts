import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type CollectionApi, collectionApi } from '../harness/repository-api.ts';
import { passwordHash } from '../harness/repository-process.ts';
import { Bench, collection } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';

const within = 5000;
const other = 'other';
const roles = ['backupUploader', 'backupDownloader'];

interface Grant {
  readonly deactivated?: boolean;
  readonly acl?: boolean;
  readonly key?: boolean;
  readonly keyRoles?: readonly string[];
}

/** One tenant with one access key, both for one collection. */
function grant({ repository }: Bench, { deactivated = false, acl = true, key = true, keyRoles = roles }: Grant): void {
  const objects = [{ name: collection, type: 'collection', roles: keyRoles }];
  repository.putUser('tenant', {
    ...{ email: 'tenant@example.org', roles: [], password: passwordHash(), deactivated },
    accessKeys: key ? [{ name: 'nightly', password: passwordHash(), objects }] : [],
  });
  const accessControl = acl ? [{ name: 'tenant', type: 'user', roles }] : [];
  repository.putCollection(collection, { maxBackupsCount: 1500, maxCollectionSize: '30T' }, { accessControl });
}

/** What the tenant may do, as the answers of every kind of request tell. */
async function powers(api: CollectionApi, upload: string): Promise<string[]> {
  const answers: [string, number][] = [
    ['list', (await api.call('GET', 'version')).status],
    ['usage', (await api.call('GET', 'usage')).status],
    ['download', (await api.call('GET', 'version/latest')).status],
    ['begin', (await api.call('POST', 'uploads', { key: randomUUID() })).status],
    ['inspect', (await api.call('GET', `uploads/${upload}`)).status],
    ['append', (await api.append(upload, Buffer.alloc(0))).status],
    ['finalise', (await api.call('POST', `uploads/${upload}/finalise`, { sha256: '0'.repeat(64), size: 1 })).status],
    ['plain upload', await api.upload([Buffer.from('no message')])],
  ];
  return answers.filter(([, status]) => status !== 401 && status !== 403 && status !== 404).map(([name]) => name);
}

interface Change {
  readonly what: string;
  readonly left: readonly string[];
  apply(bench: Bench, token: string): Promise<void> | void;
}

const logout = async ({ repository }: Bench, token: string): Promise<void> => {
  const headers = { authorization: `Bearer ${token}` };
  await (await fetch(`${repository.url}/api/stable/auth/logout`, { method: 'DELETE', headers })).text();
};

const changes: readonly Change[] = [
  { what: 'the token is revoked', left: [], apply: logout },
  { what: 'the access key is removed', left: [], apply: (bench) => grant(bench, { key: false }) },
  { what: 'the user is deactivated', left: [], apply: (bench) => grant(bench, { deactivated: true }) },
  { what: 'the user is removed', left: [], apply: ({ repository }) => repository.removeUser('tenant') },
  { what: 'the collection no longer names the user', left: [], apply: (bench) => grant(bench, { acl: false }) },
  {
    what: 'the key may only download',
    left: ['list', 'usage', 'download'],
    apply: (bench) => grant(bench, { keyRoles: ['backupDownloader'] }),
  },
];

async function lostIn(api: CollectionApi, upload: string, left: readonly string[]): Promise<string[]> {
  for (const end = Date.now() + within; ; await delay(50)) {
    const kept = (await powers(api, upload)).filter((power) => !left.includes(power));
    if (kept.length === 0 || Date.now() > end) return kept;
  }
}

async function strike(bench: Bench, run: FaultRun, { what, left, apply }: Change): Promise<void> {
  grant(bench, {});
  const token = await bench.repository.login('tenant$nightly');
  const api = collectionApi(bench.repository.url, token, collection);
  const elsewhere = collectionApi(bench.repository.url, token, other);
  const opened = await api.call('POST', 'uploads', { key: randomUUID() });
  const { id } = opened.data.upload;
  if ((await powers(api, id)).length < 5) run.broken(`before ${what}: the tenant has no rights to lose`);
  await apply(bench, token);
  const kept = await lostIn(api, id, left);
  run.injected();
  if (kept.length > 0) run.broken(`${what}, and still allowed: ${kept.join(', ')}`);
  const widened = await powers(elsewhere, id);
  if (widened.length > 0) run.broken(`${what}, and another collection opens: ${widened.join(', ')}`);
}

export const lostRights: FaultCase = {
  name: 'T18',
  explains: 'a token is revoked, a key or user is removed, deactivated or loses a role',
  run: async (run) => {
    await using bench = await Bench.start();
    await bench.works();
    bench.repository.putCollection(other);
    for (let round = 0; round < run.rounds(1, 20); round += 1) {
      for (const change of changes) await strike(bench, run, change);
    }
  },
};
