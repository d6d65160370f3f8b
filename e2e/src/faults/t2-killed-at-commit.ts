import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { startClient } from '../harness/client-process.ts';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { usingChanged } from './planted/changed-program.ts';
import { type DeathPoint, dyingAt, withDeath } from './planted/dying-server.ts';

const committer = 'engine/repository/src/uploads/committer.ts';
const dump = 'head -c 300000 /dev/urandom';
/** The outcome is unknown to the client: the version may be there or not. */
const unknownOutcome = 15;

const points: readonly DeathPoint[] = [
  {
    name: 'before the decision',
    file: committer,
    before: 'const commit = { ...content, versionId: randomUUID(), now: clock.now() };',
  },
  {
    name: 'after the decision',
    file: committer,
    before: 'if (await this.#publish(decided, decided.decision, turn)) {',
  },
  {
    name: 'after the bytes have their name',
    file: committer,
    before: 'if ((await blobs.size(key)) !== decision.bytes) {',
  },
  {
    name: 'before the version is live',
    file: committer,
    before: 'const version = await metadata.uploads.complete(upload, clock.now()).catch(',
  },
  {
    name: 'after the version is live',
    file: committer,
    before: 'await blobs.discardStaged(upload.id);\n    return version;',
  },
  {
    name: 'before the answer',
    file: 'engine/repository/src/features/upload-routes.ts',
    before: 'return success({ version: versionOnWire(version) });',
  },
];

async function strike(bench: Bench, run: FaultRun, point: DeathPoint): Promise<void> {
  await bench.repository.end('SIGTERM');
  const dying = bench.repository.begin(dyingAt(point));
  const death = once(dying, 'exit');
  await bench.repository.answers();
  const { end } = startClient(['make', '-c', dump], bench.environment());
  await death;
  if (dying.signalCode !== 'SIGKILL') run.broken(`${point.name}: the server did not die there`);
  await delay(run.random.int(0, 300));
  await bench.repository.restart();
  const { exitCode, log } = await end;
  run.injected();
  const stored = await bench.check(run, { what: point.name, settled: true });
  bench.accept(stored);
  if (stored.length > 1) run.broken(`${point.name}: ${stored.length} versions of one backup`);
  if (exitCode === 0 && stored.length === 0) run.broken(`${point.name}: acknowledged and lost`);
  if (exitCode !== 0 && exitCode !== unknownOutcome && stored.length > 0) {
    run.broken(`${point.name}: the client was told no, and a version is there: ${log}`);
  }
}

export const killedAtCommit: FaultCase = {
  name: 'T2',
  explains: 'the repository dies at each of six points of a commit; the client asks again',
  run: async (run) => {
    await usingChanged('server', points.map(withDeath), async () => {
      await using bench = await Bench.start();
      await bench.works();
      for (let round = 0; round < run.rounds(1, 500); round += 1) {
        for (const point of points) await strike(bench, run, point);
      }
    });
  },
};
