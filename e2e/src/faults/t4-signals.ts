import { setTimeout as delay } from 'node:timers/promises';
import { runClient, startClient } from '../harness/client-process.ts';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';

const signals = ['KILL', 'TERM', 'PIPE', 'ABRT', 'SEGV'] as const;
type Signal = (typeof signals)[number];

const inDump = (bytes: number, signal: Signal) => `head -c ${bytes} /dev/urandom; kill -${signal} $$`;
const inCompressor = (bytes: number, signal: Signal) =>
  `head -c 20000000 /dev/urandom | bash -c 'head -c ${bytes}; kill -${signal} $$'`;

/** The dump or a compressor behind it ends by a signal. */
async function strike(bench: Bench, run: FaultRun, struck: { stage: string; command: string }): Promise<void> {
  const { exitCode } = await runClient(['make', '-c', struck.command], bench.environment());
  run.injected();
  const what = `${struck.stage}: ${struck.command}`;
  if (exitCode === 0) run.broken(`${what}: the client says success`);
  if ((await bench.check(run, { what, settled: true })).length > 0) run.broken(`${what}: stored`);
}

/** The client, which encrypts, ends by a signal while bytes flow. */
async function strikeClient(bench: Bench, run: FaultRun, signal: Signal): Promise<void> {
  const command = 'while :; do head -c 65536 /dev/urandom; sleep 0.01; done';
  const { child, end } = startClient(['make', '-c', command], bench.environment());
  while (bench.repository.staged().length === 0 && child.exitCode === null) await delay(2);
  await delay(run.random.int(0, 60));
  child.kill(`SIG${signal}`);
  const { exitCode } = await end;
  run.injected();
  const what = `encryptor: SIG${signal}`;
  if (exitCode === 0) run.broken(`${what}: the client says success`);
  if ((await bench.check(run, { what, settled: false })).length > 0) run.broken(`${what}: stored`);
  // What a dead client left is swept when its lease ends, and at the latest by a restart.
  await bench.repository.end('SIGKILL');
  await bench.repository.restart();
  if ((await bench.check(run, { what: `${what}, restarted`, settled: true })).length > 0) run.broken(`${what}: stored`);
}

export const killedBySignals: FaultCase = {
  name: 'T4',
  explains: 'the dump, a compressor or the client that encrypts ends by SIGKILL, SIGTERM, SIGPIPE, SIGABRT, SIGSEGV',
  run: async (run) => {
    await using bench = await Bench.start();
    await bench.works();
    for (let round = 0; round < run.rounds(1, 20); round += 1) {
      for (const signal of signals) {
        const bytes = run.random.int(1, 4_000_000);
        await strike(bench, run, { stage: 'dump', command: inDump(bytes, signal) });
        await strike(bench, run, { stage: 'compressor', command: inCompressor(bytes, signal) });
        // Node ignores SIGPIPE, as a program that writes to sockets has to.
        if (signal !== 'PIPE') await strikeClient(bench, run, signal);
      }
    }
  },
};
