import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { load } from './loader.ts';
import { storedMessage } from './stored-message.ts';
import { startVersionServer, type VersionServer } from './version-server.ts';

interface Target {
  readonly server: VersionServer;
  readonly environment: NodeJS.ProcessEnv;
  readonly message: Buffer;
  readonly plain: Buffer;
}

/** Anywhere, and every second time where the keys, the first packet and the proof of integrity are. */
function placeIn(message: Buffer, run: FaultRun): number {
  const places = [
    () => run.random.int(0, message.length),
    () => run.random.int(0, Math.min(1000, message.length)),
    () => message.length - run.random.int(1, 60),
  ] as const;
  return run.random.pick(places)();
}

async function flip({ server, environment, message, plain }: Target, run: FaultRun): Promise<void> {
  const at = placeIn(message, run);
  const damaged = Buffer.from(message);
  damaged[at] = (damaged[at] ?? 0) ^ (1 << run.random.int(0, 8));
  server.content = damaged;
  // The real repository names the digest of what it got; one that names none leaves it to the proof inside.
  server.digest = run.random.int(0, 2) === 0 ? message : undefined;
  const verifyFirst = run.random.int(0, 3) === 0;
  const { exitCode, bytes, sawEnd } = await load(environment, verifyFirst ? ['--verify-first'] : []);
  run.injected();
  const what = `a bit at ${at} of ${message.length}, ${server.digest ? 'with' : 'without'} digest`;
  // Line ends and comments of an armour, and the hint for which key it is, are no part of what is restored.
  const harmless = !server.digest && exitCode === 0 && bytes?.equals(plain);
  if (harmless) return;
  if (exitCode === 0) run.broken(`${what}: said to be restored`);
  if (sawEnd) run.broken(`${what}: the loader saw a clean end`);
  if (verifyFirst && bytes !== undefined) run.broken(`${what}: the loader was started although it was verified first`);
}

export const flippedBits: FaultCase = {
  name: 'T23',
  explains: 'one bit of a version is changed, in cipher text or armour, with and without a digest of the server',
  run: async (run) => {
    await using bench = await Bench.start();
    await using server = await startVersionServer();
    const environment = bench.environment(server.url);
    for (const armor of ['false', 'true']) {
      const message = await storedMessage(bench, 'head -c 300000 /dev/urandom', { flags: ['--armor', armor] });
      Object.assign(server, { content: message, digest: message });
      const { bytes: plain, exitCode } = await load(environment);
      if (plain === undefined || exitCode !== 0) throw new Error('an unhurt version cannot be restored');
      for (let round = 0; round < run.rounds(4, 5000); round += 1) {
        await flip({ server, environment, message, plain }, run);
      }
    }
  },
};
