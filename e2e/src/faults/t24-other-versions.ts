import { setTimeout as delay } from 'node:timers/promises';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { load } from './loader.ts';
import { storedMessage } from './stored-message.ts';
import { startVersionServer, type VersionServer } from './version-server.ts';

const name = 'other';
const refused = 25;
const corrupt = 21;

interface Swap {
  readonly server: VersionServer;
  readonly environment: NodeJS.ProcessEnv;
}

async function otherCollection({ server, environment }: Swap, run: FaultRun, message: Buffer): Promise<void> {
  Object.assign(server, { content: message, digest: message });
  const { exitCode, bytes } = await load(environment);
  run.injected();
  if (exitCode !== refused) run.broken(`another collection: exit code ${exitCode}`);
  if (bytes !== undefined) run.broken('another collection: the loader was started');
  const asked = await load(environment, ['--any-collection']);
  if (asked.exitCode !== 0) run.broken(`--any-collection: exit code ${asked.exitCode}`);
  if (!asked.log.includes('Accepted a version of another collection')) run.broken('--any-collection: not in the log');
}

async function older(
  { server, environment }: Swap,
  run: FaultRun,
  versions: readonly [Buffer, string, Buffer],
): Promise<void> {
  const [old, between, current] = versions;
  for (const [message, expected] of [
    [old, refused],
    [current, 0],
  ] as const) {
    Object.assign(server, { content: message, digest: message });
    const { exitCode, bytes } = await load(environment, ['--not-before', between]);
    run.injected();
    if (exitCode !== expected) run.broken(`--not-before: exit code ${exitCode} instead of ${expected}`);
    if (expected !== 0 && bytes !== undefined) run.broken('--not-before: the loader was started');
  }
}

/** A good version in the place of another one, whose digest is named: only the digest tells. */
async function swapped(
  { server, environment }: Swap,
  run: FaultRun,
  [content, digest]: readonly [Buffer, Buffer],
): Promise<void> {
  Object.assign(server, { content, digest });
  for (const flags of [[], ['--verify-first']]) {
    const { exitCode, bytes, sawEnd } = await load(environment, flags);
    run.injected();
    const what = `the digest of another version, ${flags.join(' ')}`;
    if (exitCode !== corrupt) run.broken(`${what}: exit code ${exitCode} instead of ${corrupt}`);
    if (sawEnd) run.broken(`${what}: the loader saw a clean end`);
    if (flags.length > 0 && bytes !== undefined) run.broken(`${what}: the loader was started`);
  }
}

export const otherVersions: FaultCase = {
  name: 'T24',
  explains: 'a server sends a good version of another collection, an older one, or one with the digest of another',
  run: async (run) => {
    await using bench = await Bench.start();
    await using server = await startVersionServer();
    bench.repository.putCollection(name);
    const swap = { server, environment: bench.environment(server.url) };
    for (let round = 0; round < run.rounds(1, 50); round += 1) {
      const flags = ['--compression', run.random.pick(['none', 'zlib', 'zstd'])];
      const dump = `head -c ${run.random.int(1, 300_000)} /dev/urandom`;
      await otherCollection(swap, run, await storedMessage(bench, dump, { flags, name }));
      const old = await storedMessage(bench, dump, { flags });
      // Messages tell the second in which they were made.
      await delay(1100);
      const between = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
      const current = await storedMessage(bench, dump, { flags });
      await older(swap, run, [old, between, current]);
      await swapped(swap, run, [old, current]);
    }
  },
};
