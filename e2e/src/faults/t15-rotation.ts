import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { digestOf, sha256 } from '../harness/repository-api.ts';
import { Bench, collection } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { message, storeMessage } from './messages.ts';
import { usingChanged } from './planted/changed-program.ts';
import { type DeathPoint, dyingAt, withDeath } from './planted/dying-server.ts';

const rotator = 'engine/repository/src/retention/rotator.ts';
const kept = 2;
const day = 86_400_000;

const points: readonly DeathPoint[] = [
  {
    name: 'before a version leaves',
    file: rotator,
    before: 'if ((await metadata.marks.retire({ ...version, now }, mustBeReplaced)) === undefined) {',
  },
  { name: 'after a version left', file: rotator, before: 'const { collectionId } = version;' },
  { name: 'before its bytes go', file: rotator, before: 'await this.removeBytes(version);\n  }\n\n  async #newest' },
  {
    name: 'after its bytes went',
    file: rotator,
    before: 'await metadata.versions.markRemoved(version.id, clock.now());',
  },
];

async function strike(bench: Bench, run: FaultRun, point: DeathPoint): Promise<void> {
  const { repository, api } = bench;
  await repository.end('SIGTERM');
  const dying = repository.begin(dyingAt(point));
  const death = once(dying, 'exit');
  await repository.answers();
  await storeMessage(api, message(run.random, 2000)).catch(() => undefined);
  await death;
  await repository.restart();
  run.injected();
  if (dying.signalCode !== 'SIGKILL') run.broken(`${point.name}: the server did not die there`);
  const versions = await api.list();
  if (versions.length < kept) run.broken(`${point.name}: only ${versions.length} good versions are left`);
  for (const { versionNumber, sha256 } of versions) {
    const digest = await api.download(versionNumber).then(digestOf);
    if (digest !== sha256) run.broken(`${point.name}: version ${versionNumber} is damaged`);
  }
  const files = fs.readdirSync(path.join(repository.home, 'blobs', collection));
  if (files.length !== versions.length) run.broken(`${point.name}: ${files.length} files, ${versions.length} versions`);
  // Brings the rotation to its end, so that the next one has something to take out again.
  await storeMessage(api, message(run.random, 2000));
}

async function killAtEachStep(run: FaultRun): Promise<void> {
  await usingChanged('server', points.map(withDeath), async () => {
    await using bench = await Bench.start({ maxBackupsCount: kept });
    for (let count = 0; count < kept; count += 1) await storeMessage(bench.api, message(run.random, 2000));
    for (let round = 0; round < run.rounds(1, 75); round += 1) {
      for (const point of points) await strike(bench, run, point);
    }
  });
}

/** Whatever is refused in a full collection, and when: nothing leaves for it. */
export async function refusedTakesNothing(run: FaultRun): Promise<void> {
  await using bench = await Bench.start({ maxBackupsCount: kept });
  for (let count = 0; count < kept; count += 1) await storeMessage(bench.api, message(run.random, 2000));
  bench.accept(await bench.api.list());
  for (let round = 0; round < run.rounds(3, 100); round += 1) {
    const body = message(run.random, 2000);
    const opened = await bench.api.call('POST', 'uploads', { key: randomUUID() });
    const { id } = opened.data.upload;
    await bench.api.append(id, body.subarray(0, run.random.int(1, body.length)));
    const done = await bench.api.call('POST', `uploads/${id}/finalise`, { sha256: sha256(body), size: body.length });
    run.injected();
    if (done.status === 200) run.broken('half of a backup is taken');
    await bench.check(run, { what: 'a refused upload to a full collection', settled: true });
  }
}

/** Makes the versions there are one day older than each other. */
async function age(bench: Bench): Promise<void> {
  await bench.repository.end('SIGTERM');
  {
    using database = new DatabaseSync(bench.repository.database);
    const versions = database.prepare('select id, version_number from uploaded_versions order by version_number').all();
    for (const [index, { id }] of versions.entries()) {
      const at = new Date(Date.now() - (versions.length - index) * day).toISOString();
      database.prepare('update uploaded_versions set created_at = ? where id = ?').run(at, String(id));
    }
  }
  await bench.repository.restart();
}

/** A stolen token stores one worthless version after the other. */
async function flood(run: FaultRun): Promise<void> {
  const good = 5;
  await using bench = await Bench.start();
  const limits = { maxBackupsCount: 12, maxOneVersionSize: '20K', maxCollectionSize: '300K' };
  const daily = { strategyName: 'keep', strategySpec: { keepDaily: 6, keepLast: 3 } };
  for (let count = 0; count < good; count += 1) await storeMessage(bench.api, message(run.random, 2000));
  await age(bench);
  bench.repository.putCollection(collection, limits, daily);
  const before = await bench.api.list();
  for (let count = 0; count < run.rounds(40, 1000); count += 1) {
    await storeMessage(bench.api, message(run.random, 2000));
    run.injected();
  }
  const after = new Set((await bench.api.list()).map(({ sha256 }) => sha256));
  const lost = before.filter(({ sha256 }) => !after.has(sha256));
  if (before.length !== good) run.broken(`${before.length} of ${good} good versions were stored`);
  if (lost.length > 0) run.broken(`a flood of junk pushed ${lost.length} good versions out`);
}

export const rotationHurt: FaultCase = {
  name: 'T15',
  explains: 'the repository dies at each step of a rotation; refused uploads and a flood of junk versions',
  run: async (run) => {
    await killAtEachStep(run);
    await refusedTakesNothing(run);
    await flood(run);
  },
};
