import { setTimeout as delay } from 'node:timers/promises';
import { startClient } from '../harness/client-process.ts';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { startProxy } from './proxy.ts';

const endless = 'while :; do head -c 65536 /dev/urandom; sleep 0.005; done';

async function killClient(bench: Bench, run: FaultRun): Promise<void> {
  const { child, end } = startClient(['make', '-c', endless], bench.environment());
  while (bench.repository.staged().length === 0 && child.exitCode === null) await delay(2);
  await delay(run.random.int(0, 150));
  child.kill('SIGKILL');
  await end;
  run.injected();
  if ((await bench.check(run, { what: 'client killed', settled: false })).length > 0) {
    run.broken('client killed: a version is listed');
  }
}

/** Every connection is cut after so many bytes, until the client gives up. */
async function cutNetwork(bench: Bench, run: FaultRun): Promise<void> {
  const bytes = run.random.int(1, 600_000);
  await using proxy = await startProxy(bench.repository.url, { cutUpAfter: () => bytes });
  const { end } = startClient(['make', '-c', 'head -c 3000000 /dev/urandom'], bench.environment(proxy.url));
  const { exitCode } = await end;
  run.injected();
  const what = `network cut after ${bytes} bytes`;
  const versions = await bench.check(run, { what, settled: false });
  // An upload goes on where it was cut, so it may well end: then exactly as the client says.
  const added = versions.length;
  if ((exitCode === 0 ? 1 : 0) !== added) run.broken(`${what}: exit code ${exitCode}, and ${added} versions`);
  bench.accept(versions);
}

export const clientKilled: FaultCase = {
  name: 'T6',
  explains: 'kill -9 of the client in the middle of an upload; a network that cuts every connection',
  run: async (run) => {
    await using bench = await Bench.start();
    await bench.works();
    for (let round = 0; round < run.rounds(2, 350); round += 1) {
      await killClient(bench, run);
      await cutNetwork(bench, run);
    }
    if (run.long) await leasesEnd(bench);
    else {
      await bench.repository.end('SIGTERM');
      await bench.repository.restart();
    }
    await bench.check(run, { what: 'afterwards', settled: true });
    await bench.works();
  },
};

/** A dead connection keeps its lease for 60 seconds; the sweep comes every 30. */
async function leasesEnd(bench: Bench): Promise<void> {
  for (const end = Date.now() + 100_000; Date.now() < end && bench.repository.staged().length > 0; ) await delay(500);
}
