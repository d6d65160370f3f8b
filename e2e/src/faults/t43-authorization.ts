import {
  type ActorName,
  actors,
  decidedRows,
  isPlainUpload,
  type Row,
  requestOf,
  scopeOfOne,
} from '@backstay/repository/testing/authorization-table';
import { passwordHash, RepositoryProcess } from '../harness/repository-process.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { message } from './messages.ts';

const names = Object.keys(actors) as ActorName[];
const [own, other, removed] = ['shop-db', 'other-db', 'removed-db'];

/** A user for each actor, their tokens, and then what some of them lose. */
async function logInAll(repository: RepositoryProcess): Promise<Map<ActorName, string>> {
  const tokens = new Map<ActorName, string>();
  const password = passwordHash();
  const accessKeys = [{ name: 'k', password, objects: scopeOfOne }];
  for (const name of names) {
    const actor = actors[name];
    repository.putUser(name.toLowerCase(), { email: '', roles: actor.roles, password, accessKeys });
    const scope = 'scope' in actor ? { operationsScope: { elements: scopeOfOne } } : {};
    tokens.set(name, await repository.login(`${name.toLowerCase()}${'key' in actor ? '$k' : ''}`, scope));
  }
  const spec = { email: '', roles: ['systemAdmin'], password };
  repository.putUser('deactivated', { ...spec, deactivated: true });
  repository.putUser('elsewhere', { ...spec, restrictByIP: ['192.0.2.0/24', '2001:db8::/32'] });
  repository.removeUser('vanished');
  const headers = { authorization: `Bearer ${tokens.get('revoked')}` };
  await (await fetch(`${repository.url}/api/stable/auth/logout`, { method: 'DELETE', headers })).text();
  return tokens;
}

interface Cell {
  readonly route: string;
  readonly row: Row;
  readonly actor: ActorName;
  readonly collection: string;
}

const cells: readonly Cell[] = decidedRows.flatMap(([route, row]) => {
  const places = route.includes('{collectionId}') ? [own, other, removed] : [own];
  return places.flatMap((collection) => names.map((actor) => ({ route, row, actor, collection })));
});

async function ask(
  url: string,
  { route, row, collection }: Cell,
  more: { token: string; body: Buffer },
): Promise<number> {
  const { target, headers } = requestOf(route, collection);
  const [method, path] = target.split(' ');
  const json = row.body === undefined ? undefined : JSON.stringify(row.body);
  const body = isPlainUpload(route) ? new Uint8Array(more.body) : json;
  const reply = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...headers,
      authorization: `Bearer ${more.token}`,
      ...(body !== undefined && body === json ? { 'content-type': 'application/json' } : {}),
    },
    ...(body === undefined ? {} : { body }),
  });
  await reply.text();
  return reply.status;
}

const isWelcome = ({ row, actor, collection }: Cell): boolean =>
  (collection === own ? row.own : (row.other ?? row.own)).includes(actor);

/** Nobody gets anything from a collection that is not there any more; who may not know that is refused first. */
const asExpected = (cell: Cell, status: number): boolean => {
  const refused = status === 401 || status === 403;
  return cell.collection === removed ? refused || status === 404 : refused !== isWelcome(cell);
};

async function strike(repository: RepositoryProcess, run: FaultRun, picked: readonly Cell[]): Promise<void> {
  const tokens = await logInAll(repository);
  const tokenOf = (actor: ActorName): string => tokens.get(actor) ?? '';
  // The claims of somebody who may everything, signed for somebody who may nothing.
  const [header, claims] = tokenOf('admin').split('.');
  const forged = [header, claims, tokenOf('none').split('.')[2]].join('.');
  const body = message(run.random, 200);
  for (const [route, row] of decidedRows.slice(0, run.rounds(5, decidedRows.length))) {
    const status = await ask(repository.url, { route, row, actor: 'admin', collection: own }, { token: forged, body });
    run.injected();
    if (status !== 401) run.broken(`${route} with a forged token is answered ${status}`);
  }
  for (const cell of picked.slice(0, run.rounds(picked.length, picked.length))) {
    const { route, actor, collection } = cell;
    const status = await ask(repository.url, cell, { token: tokenOf(actor), body });
    run.injected();
    if (!asExpected(cell, status)) run.broken(`${route} by ${actor} on ${collection} is answered ${status}`);
  }
}

/** Every so many cells, beginning with a random one. */
function sample({ random, rounds }: FaultRun): readonly Cell[] {
  const step = Math.max(1, Math.floor(cells.length / rounds(250, cells.length)));
  const first = random.int(0, step);
  return cells.filter((_, index) => index % step === first);
}

export const everyRouteAndRole: FaultCase = {
  name: 'T43',
  explains: 'every route by everybody: own, other and removed collections, lost accounts, forged tokens',
  run: async (run) => {
    const accessControl = [
      { name: 'aclmanager', roles: ['collectionManager'] },
      { name: 'acldownloader', roles: ['backupDownloader'] },
    ];
    const environment = { BR_ENFORCE_IP_RESTRICTIONS: 'true' };
    await using repository = await RepositoryProcess.start({ [other]: {}, [removed]: {} }, { environment });
    repository.putCollection(own, {}, { accessControl });
    repository.removeCollection(removed);
    await strike(repository, run, sample(run));
  },
};
