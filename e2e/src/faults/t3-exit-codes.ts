import { runClient } from '../harness/client-process.ts';
import { Bench } from './bench.ts';
import type { FaultCase } from './fault-case.ts';

const offsets = [0, 1, 65_536, 1_048_576, 10_000_000, 12_000_000] as const;

/** A dump that writes something and then fails: nothing is stored. */
export const exitCodes: FaultCase = {
  name: 'T3',
  explains: 'the dump writes 0 B to 12 MB, then exits 1 to 255',
  run: async (run) => {
    await using bench = await Bench.start();
    await bench.works();
    const codes = run.long ? Array.from({ length: 255 }, (_, index) => index + 1) : [1, run.random.int(2, 256)];
    for (const code of codes) {
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
