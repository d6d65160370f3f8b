import { setTimeout as delay } from 'node:timers/promises';
import { startClient } from '../harness/client-process.ts';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';

const dump = 'for i in $(seq 8); do head -c 65536 /dev/urandom; sleep 0.004; done';
/** The outcome is unknown to the client: the version may be there or not. */
const unknownOutcome = 15;

async function strike(bench: Bench, run: FaultRun, inTheMiddle: boolean): Promise<void> {
  const { end } = startClient(['make', '-c', dump], bench.environment());
  if (inTheMiddle) await delay(run.random.int(200, 900));
  else await end;
  await bench.repository.cutPower();
  await bench.repository.restart();
  const { exitCode } = await end;
  run.injected();
  const what = `power cut ${inTheMiddle ? 'during' : 'after'} an upload`;
  const stored = await bench.check(run, { what, settled: true });
  if (exitCode === 0 && stored.length !== 1)
    run.broken(`${what}: acknowledged, and ${stored.length} versions are there`);
  if (exitCode !== 0 && exitCode !== unknownOutcome && stored.length > 0) run.broken(`${what}: failed, and yet stored`);
  bench.accept(stored);
}

export const powerCut: FaultCase = {
  name: 'POWER',
  explains: 'the power goes during and right after an upload: unsynced bytes and names are lost',
  run: async (run) => {
    await using bench = await Bench.start({}, { recordsWrites: true });
    await bench.works();
    for (let round = 0; round < run.rounds(4, 500); round += 1) await strike(bench, run, round % 2 === 0);
  },
};
