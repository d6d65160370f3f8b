import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { load } from './loader.ts';
import { packetEdges, storedMessage } from './stored-message.ts';
import { startVersionServer, type VersionServer } from './version-server.ts';

/** Clear text is given in pieces of 2 MiB: most cuts shall hit a loader that has begun. */
const size = 9_000_000;

interface Target {
  readonly server: VersionServer;
  readonly environment: NodeJS.ProcessEnv;
  readonly message: Buffer;
}

async function cut({ server, environment, message }: Target, run: FaultRun, at: number): Promise<void> {
  server.content = message.subarray(0, at);
  const verifyFirst = run.random.int(0, 4) === 0;
  const { exitCode, bytes, sawEnd } = await load(environment, verifyFirst ? ['--verify-first'] : []);
  run.injected();
  const what = `cut at ${at} of ${message.length}${verifyFirst ? ', verified first' : ''}`;
  if (exitCode === 0) run.broken(`${what}: said to be restored`);
  if (sawEnd) run.broken(`${what}: the loader saw a clean end`);
  if (verifyFirst && bytes !== undefined) run.broken(`${what}: the loader was started`);
}

async function cutEverywhere(target: Target, run: FaultRun): Promise<void> {
  const { server, environment, message } = target;
  const edges = packetEdges(message);
  if (edges.length < 6) throw new Error('the message has hardly a packet: its edges are not found');
  const some = [run.random.int(0, edges.length), run.random.int(0, edges.length), edges.length - 1];
  for (const at of run.long ? edges : some.map((index) => edges[index] ?? 0)) await cut(target, run, at);
  for (let round = 0; round < run.rounds(3, 600); round += 1) {
    await cut(target, run, run.random.int(0, message.length));
  }
  server.content = message;
  if ((await load(environment)).exitCode !== 0) throw new Error('an unhurt version cannot be restored');
}

export const cutVersions: FaultCase = {
  name: 'T21',
  explains: 'a version is cut at edges of its packets and anywhere else, by a server that names no digest',
  run: async (run) => {
    await using bench = await Bench.start();
    await using server = await startVersionServer();
    const environment = bench.environment(server.url);
    for (const compression of run.long ? ['none', 'zlib', 'zstd'] : [run.random.pick(['none', 'zlib', 'zstd'])]) {
      const flags = ['--compression', compression];
      const message = await storedMessage(bench, `head -c ${size} /dev/urandom`, { flags });
      await cutEverywhere({ server, environment, message }, run);
    }
  },
};
