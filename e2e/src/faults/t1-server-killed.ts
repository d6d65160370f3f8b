import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startClient } from '../harness/client-process.ts';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';

const chunks = 40;
const chunkBytes = 131_072;
const dump = `for i in $(seq ${chunks}); do head -c ${chunkBytes} /dev/urandom; sleep 0.005; done`;
/** The outcome is unknown to the client: the version may be there or not. */
const unknownOutcome = 15;

/** Waits until so many bytes have arrived, or the upload is over. */
async function arrived(bench: Bench, bytes: number, over: () => boolean): Promise<void> {
  const staged = () => bench.repository.staged().reduce((sum, file) => sum + sizeOf(file), 0);
  while (staged() < bytes && !over()) await delay(1);
}

const sizeOf = (file: string): number => fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;

async function strike(bench: Bench, run: FaultRun): Promise<void> {
  const { child, end } = startClient(['make', '-c', dump], bench.environment());
  const bytes = run.random.int(0, chunks * chunkBytes);
  await arrived(bench, bytes, () => child.exitCode !== null);
  await delay(run.random.int(0, 20));
  await bench.repository.end('SIGKILL');
  await delay(run.random.int(0, 100));
  await bench.repository.restart();
  const { exitCode } = await end;
  run.injected();
  const what = `killed after ${bytes} bytes`;
  const stored = await bench.check(run, { what, settled: true });
  const added = stored.length;
  if (exitCode === 0 && added !== 1) run.broken(`${what}: acknowledged, and ${added} versions were added`);
  if (exitCode !== 0 && exitCode !== unknownOutcome && added !== 0) run.broken(`${what}: failed, and yet stored`);
  bench.accept(stored);
}

export const serverKilled: FaultCase = {
  name: 'T1',
  explains: 'kill -9 of the repository in the middle of an upload, then a restart',
  run: async (run) => {
    await using bench = await Bench.start();
    await bench.works();
    for (let round = 0; round < run.rounds(4, 1000); round += 1) await strike(bench, run);
  },
};
