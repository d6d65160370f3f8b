import { runClient } from '../harness/client-process.ts';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';

const offsets = [0, 1, 65_536, 1_048_576, 10_000_000, 12_000_000] as const;

/** 1 and others, evenly up to 255. */
function exitCodesOf({ random, rounds }: FaultRun): number[] {
  const count = rounds(2, 255);
  const step = 255 / count;
  return Array.from(
    { length: count },
    (_, index) => 1 + Math.floor(index * step) + (index > 0 ? random.int(0, Math.floor(step)) : 0),
  );
}

/** A dump that writes something and then fails: nothing is stored. */
export const exitCodes: FaultCase = {
  name: 'T3',
  explains: 'the dump writes 0 B to 12 MB, then exits 1 to 255',
  run: async (run) => {
    await using bench = await Bench.start();
    await bench.works();
    for (const code of exitCodesOf(run)) {
      for (const offset of offsets) {
        const command = `head -c ${offset} /dev/urandom; exit ${code}`;
        const { exitCode, log } = await runClient(['make', '-c', command], bench.environment());
        run.injected();
        const what = `exit ${code} after ${offset} bytes`;
        if (exitCode === 0) run.broken(`${what}: the client says success`);
        if (!log.includes(`exitCode=${code}`)) run.broken(`${what}: the log does not tell the exit code`);
        const versions = await bench.check(run, { what, settled: true });
        if (versions.length > 0) run.broken(`${what}: stored`);
      }
    }
  },
};
