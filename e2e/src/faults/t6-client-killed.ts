import { setTimeout as delay } from 'node:timers/promises';
import { runClient, startClient } from '../harness/client-process.ts';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { binaryMessage, storeMessage } from './messages.ts';
import { usingChanged } from './planted/changed-program.ts';
import { hurriedClient, hurriedServer, realWaits, shorterWaits, type Waits } from './planted/shorter-waits.ts';
import { startProxy } from './proxy.ts';
import { type Network, networkKinds, stalledBody, usualConnections } from './t6-networks.ts';
import { nodeCut } from './toxics.ts';

const endless = 'while :; do head -c 65536 /dev/urandom; sleep 0.005; done';
/** What a busy machine adds to a wait. */
const late = 2500;

/** A collection for one kind of injection, so that all of them happen at the same time. */
interface Lane {
  readonly bench: Bench;
  readonly run: FaultRun;
  readonly waits: Waits;
}

async function laneBeside({ bench, run, waits }: Lane, name: string): Promise<Lane> {
  const beside = bench.beside(name);
  // The client looks at the size of the version before.
  await storeMessage(beside.api, binaryMessage(run.random, 1000));
  beside.accept(await beside.api.list());
  return { bench: beside, run, waits };
}

async function stores({ bench, run }: Lane, what: string, versions: number): Promise<void> {
  const added = await bench.check(run, { what, settled: false });
  if (added.length !== versions) run.broken(`${what}: ${added.length} versions instead of ${versions}`);
  bench.accept(added);
}

/** As the Job does that starts the client again. */
async function again(lane: Lane, what: string): Promise<void> {
  const { exitCode, log } = await runClient(['make', '-c', 'head -c 300000 /dev/urandom'], lane.bench.environment());
  if (exitCode !== 0) lane.run.broken(`${what}, again: exit code ${exitCode}: ${log}`);
  await stores(lane, `${what}, again`, 1);
}

async function killClient(lane: Lane, milliseconds: number): Promise<void> {
  const { bench, run } = lane;
  const { child, end } = startClient(['make', '-c', endless], bench.environment());
  while ((await bench.api.usage()).reservedBytes === 0 && child.exitCode === null) await delay(2);
  await delay(milliseconds);
  child.kill('SIGKILL');
  await end;
  run.injected();
  await stores(lane, 'client killed', 0);
  await again(lane, 'client killed');
}

/** The machine of the client is gone: the server hears nothing more, not even that the connection has ended. */
async function cutNode(lane: Lane, bytes: number, proxies: AsyncDisposableStack): Promise<void> {
  const { bench, run } = lane;
  const up = (connection: number) => (connection === 1 ? nodeCut(bytes) : undefined);
  // It stays as it is until the server is done with what was cut.
  const proxy = proxies.use(await startProxy(bench.repository.url, { up }));
  const { child, end } = startClient(['make', '-c', endless], bench.environment(proxy.url));
  while (proxy.broken === 0 && child.exitCode === null) await delay(2);
  child.kill('SIGKILL');
  await end;
  run.injected();
  const what = `node cut after ${bytes} bytes`;
  await stores(lane, what, 0);
  await again(lane, what);
}

async function upload(lane: Lane, network: Network): Promise<void> {
  const { bench, run, waits } = lane;
  const { what, bytes, exitCodes, versions, unbroken, watched, patience = 4 * waits.stall } = network;
  await using proxy = await startProxy(bench.repository.url, network.faults);
  const ended = await runClient(['make', '-c', `head -c ${bytes} /dev/urandom`], {
    ...bench.environment(proxy.url),
    BM_TIMEOUT: String(Math.ceil(patience / 1000)),
  });
  run.injected();
  if (!exitCodes.includes(ended.exitCode ?? -1)) run.broken(`${what}: exit code ${ended.exitCode}: ${ended.log}`);
  await stores(lane, what, versions);
  const { broken, connections, stalls } = proxy;
  if (!unbroken && broken === 0) run.broken(`${what}: nothing was hurt`);
  if (unbroken && connections !== usualConnections) run.broken(`${what}: ${connections} connections`);
  const kept = Math.max(0, ...stalls);
  if (kept > waits.stall + late) run.broken(`${what}: a stalled connection is kept for ${Math.round(kept)} ms`);
  if (watched && kept < waits.stall / 2) run.broken(`${what}: the stall ended by itself after ${Math.round(kept)} ms`);
  if (versions === 0) await again(lane, what);
}

/** What clients left behind is gone by itself: their connections, their leases. */
async function settles({ bench, run, waits }: Lane, lanes: readonly Lane[]): Promise<void> {
  const left = async (): Promise<boolean> => {
    const usages = await Promise.all(lanes.map((lane) => lane.bench.api.usage()));
    return bench.repository.staged().length > 0 || usages.some(({ reservedBytes }) => reservedBytes > 0);
  };
  const most = waits.idle + waits.lease + 2 * waits.sweep + late;
  for (const end = Date.now() + most; Date.now() < end && (await left()); ) await delay(100);
  for (const lane of lanes) {
    const added = await lane.bench.check(run, { what: 'afterwards', settled: true });
    if (added.length > 0) run.broken(`${added.length} versions appeared later`);
  }
}

const startBench = ({ idle }: Waits): Promise<Bench> =>
  Bench.start({}, { environment: { BR_HTTP_IDLE_TIMEOUT: `${idle}ms` } });

async function hurtUploads(run: FaultRun, waits: Waits): Promise<void> {
  await using bench = await startBench(waits);
  await using proxies = new AsyncDisposableStack();
  await bench.works();
  const main = { bench, run, waits };
  const killed = await laneBeside(main, 'killed');
  const cut = await laneBeside(main, 'cut');
  const uploads = await Promise.all(
    networkKinds.map(async (draw, index) => ({ draw, lane: await laneBeside(main, `network-${index}`) })),
  );
  for (let round = 0; round < run.rounds(1, 100); round += 1) {
    await Promise.all([
      killClient(killed, run.random.int(0, 400)),
      cutNode(cut, run.random.int(1, 600_000), proxies),
      ...uploads.map(({ draw, lane }) => upload(lane, draw(run.random, waits))),
    ]);
  }
  await settles(main, [killed, cut, ...uploads.map(({ lane }) => lane)]);
  await bench.works();
}

async function stallUploads(run: FaultRun, waits: Waits): Promise<void> {
  await using bench = await startBench(waits);
  await bench.works();
  const lane = await laneBeside({ bench, run, waits }, 'stalled');
  for (let round = 0; round < run.rounds(1, 100); round += 1) await upload(lane, stalledBody(run.random, waits));
}

/** Clients and server wait for a minute where nothing moves: here for seconds, unless there is time. */
async function withWaits(run: FaultRun, work: (run: FaultRun, waits: Waits) => Promise<void>): Promise<void> {
  if (run.long) return await work(run, realWaits);
  await usingChanged('server', hurriedServer, () =>
    usingChanged('client', hurriedClient, () => work(run, shorterWaits)),
  );
}

/** Only what the client's watch for stalls has to notice. */
export const stallsAreNoticed = (run: FaultRun): Promise<void> => withWaits(run, stallUploads);

export const clientKilled: FaultCase = {
  name: 'T6',
  explains: 'kill -9 of the client, a node that is cut off, and seven kinds of bad networks, while an upload runs',
  run: (run) => withWaits(run, hurtUploads),
};
