import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { digestOf, type ListedVersion, sha256 } from '../harness/repository-api.ts';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { message, storeMessage } from './messages.ts';

const versionsOfEach = 4;
const twoDays = 2 * 86_400;

interface Rotten {
  readonly bench: Bench;
  readonly run: FaultRun;
  readonly collection: string;
  /** Where the collection's objects lie. */
  readonly folder: string;
}

type Damage = (run: FaultRun, file: string) => void;
const damages: Record<string, Damage> = {
  'a flipped bit': ({ random }, file) => {
    const bytes = fs.readFileSync(file);
    const at = random.int(0, bytes.length);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.int(0, 8)), at);
    fs.writeFileSync(file, bytes);
  },
  'a cut end': ({ random }, file) => fs.truncateSync(file, random.int(0, fs.statSync(file).size)),
  'bytes at the end': ({ random }, file) => fs.appendFileSync(file, random.bytes(random.int(1, 100))),
  'another content': ({ random }, file) => fs.writeFileSync(file, random.bytes(fs.statSync(file).size)),
  'a lost object': (_, file) => fs.rmSync(file),
};
const kinds = Object.keys(damages) as [string, ...string[]];

const fileOf = ({ folder, collection }: Rotten, version: number): string =>
  path.join(folder, `${collection}-${version}`);

/** Small versions are answered at once; a slow machine is asked again. */
async function stateAfterVerification({ bench }: Rotten, version: number): Promise<string> {
  for (const end = Date.now() + 20_000; ; await delay(100)) {
    const { status, data } = await bench.api.call('POST', `version/${version}/verify`);
    if (status !== 202 || Date.now() > end) return String(data?.verification?.state ?? status);
  }
}

async function checkLatest({ bench, run }: Rotten, good: ListedVersion | undefined, what: string): Promise<void> {
  const reply = await bench.api.download('latest');
  const digest = await digestOf(reply).catch(() => 'a broken stream');
  if (good === undefined) {
    if (reply.statusCode === 200) run.broken(`${what}: no version is good, and latest is one`);
  } else if (digest !== good.sha256)
    run.broken(`${what}: latest is not version ${good.versionNumber}, the newest good one`);
}

/** Damages some versions of a collection of its own. */
async function rot(rotten: Rotten): Promise<void> {
  const { bench, run } = rotten;
  const versions = await bench.api.list();
  const hurt = new Map<number, string>();
  const count = run.random.int(1, versionsOfEach + 1);
  for (const { versionNumber } of versions.toReversed().slice(0, count)) {
    const kind = run.random.pick(kinds);
    damages[kind]?.(run, fileOf(rotten, versionNumber));
    hurt.set(versionNumber, kind);
    run.injected();
  }
  for (const { versionNumber } of versions) {
    const kind = hurt.get(versionNumber);
    const expected = kind === undefined ? 'good' : kind === 'a lost object' ? 'missing' : 'damaged';
    const state = await stateAfterVerification(rotten, versionNumber);
    if (state !== expected) run.broken(`${kind ?? 'an unhurt version'}: verification says ${state}`);
  }
  const good = versions.findLast(({ versionNumber }) => !hurt.has(versionNumber));
  await checkLatest(rotten, good, [...hurt.values()].join(', '));
}

/** An object of nobody is reported, one with the name of the next version stays as it is. */
export async function addObjects(rotten: Rotten): Promise<void> {
  const { bench, run, collection, folder } = rotten;
  const numbers = (await bench.api.list()).map(({ versionNumber }) => versionNumber);
  const next = fileOf(rotten, Math.max(...numbers) + 1);
  const foreign = run.random.bytes(500);
  const stray = path.join(folder, 'of-nobody');
  for (const file of [next, stray]) {
    fs.writeFileSync(file, foreign);
    fs.utimesSync(file, Date.now() / 1000 - twoDays, Date.now() / 1000 - twoDays);
    run.injected();
  }
  const body = message(run.random, 1000);
  const status = await storeMessage(bench.api, body);
  if (status !== 200) run.broken(`the name of the next version is taken: an upload is answered ${status}`);
  if (sha256(fs.readFileSync(next)) !== sha256(foreign)) run.broken('an object that was there already is overwritten');
  if ((await bench.api.download('latest').then(digestOf)) !== sha256(body))
    run.broken('the version beside it is another one');
  const reported = await orphansAfterSweep(bench);
  for (const file of [next, stray]) {
    if (!reported.includes(`${collection}/${path.basename(file)}`))
      run.broken(`${path.basename(file)} is not reported`);
    fs.rmSync(file);
  }
}

async function orphansAfterSweep(bench: Bench): Promise<string[]> {
  const url = `${bench.repository.url}/api/stable/repository/storage/sweep`;
  const headers = { authorization: `Bearer ${bench.token}` };
  const asked = new Date().toISOString();
  await (await fetch(url, { method: 'POST', headers })).text();
  for (const end = Date.now() + 30_000; ; await delay(50)) {
    const { data } = (await (await fetch(url, { headers })).json()) as {
      data: { sweep: { finishedAt: string | null; orphans: { key: string }[] } };
    };
    const { finishedAt, orphans } = data.sweep;
    if ((finishedAt !== null && finishedAt >= asked) || Date.now() > end) return orphans.map(({ key }) => key);
  }
}

export async function rotAndAdd(bench: Bench, run: FaultRun, collection: string): Promise<void> {
  bench.use(collection, { maxBackupsCount: 10, maxOneVersionSize: '20K', maxCollectionSize: '1M' });
  const folder = path.join(bench.repository.home, 'blobs', collection);
  const rotten = { bench, run, collection, folder };
  for (let count = 0; count < versionsOfEach; count += 1) await storeMessage(bench.api, message(run.random, 2000));
  await rot(rotten);
  await addObjects(rotten);
}

export const rottenObjects: FaultCase = {
  name: 'T20',
  explains: 'stored objects are changed, cut, lost or added behind the back of the repository',
  run: async (run) => {
    await using bench = await Bench.start();
    for (let round = 0; round < run.rounds(4, 230); round += 1) await rotAndAdd(bench, run, `rotten-${round}`);
  },
};
