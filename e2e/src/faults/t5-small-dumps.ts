import { runClient } from '../harness/client-process.ts';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';

const incompressible = (bytes: number) => `head -c ${bytes} /dev/urandom`;

async function refuse(bench: Bench, run: FaultRun, { least, bytes }: { least: number; bytes: number }): Promise<void> {
  const command = bytes === 0 ? 'true' : incompressible(bytes);
  const { exitCode } = await runClient(['make', '-c', command, '--min-size', String(least)], bench.environment());
  run.injected();
  const what = `${bytes} bytes, where at least ${least} are asked for`;
  if (exitCode !== (bytes === 0 ? 11 : 16)) run.broken(`${what}: exit code ${exitCode}`);
  if ((await bench.check(run, { what, settled: true })).length > 0) run.broken(`${what}: stored`);
}

/** Stored, and said to be less than half of the one before exactly when it is. */
async function shrink(bench: Bench, run: FaultRun, percent: number): Promise<void> {
  const before = run.random.int(300_000, 600_000);
  for (const bytes of [before, Math.round((before * percent) / 100)]) {
    const { exitCode, log } = await runClient(['make', '-c', incompressible(bytes)], bench.environment());
    if (exitCode !== 0) run.broken(`${bytes} bytes: exit code ${exitCode}`);
    if (bytes === before) continue;
    run.injected();
    const flagged = log.includes('Backup shrank');
    if (flagged !== percent < 50) run.broken(`${percent} % of the size before: ${flagged ? '' : 'not '}flagged`);
  }
  const added = await bench.check(run, { what: `${percent} %`, settled: true });
  if (added.length !== 2) run.broken(`${percent} % of the size before: ${added.length} of 2 are stored`);
  bench.accept(added);
}

export const smallDumps: FaultCase = {
  name: 'T5',
  explains: 'the dump exits 0 with nothing, with less than --min-size, or with less than half of the last size',
  run: async (run) => {
    await using bench = await Bench.start();
    await bench.works();
    for (let round = 0; round < run.rounds(1, 50); round += 1) {
      const least = run.random.int(2, 1_000_000);
      await refuse(bench, run, { least, bytes: 0 });
      await refuse(bench, run, { least, bytes: run.random.int(1, least) });
      await shrink(bench, run, run.random.int(5, 45));
      await shrink(bench, run, run.random.int(55, 150));
    }
  },
};
