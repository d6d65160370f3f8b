import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';

const uploads = 20;
const header = '-----BEGIN PGP MESSAGE-----\n\n';
const footer = '\n-----END PGP MESSAGE-----\n';

interface Sender {
  /** Whether the body ends within the drain time. */
  readonly ends: boolean;
  readonly outgoing: ClientRequest;
  /** Status; undefined: the connection broke. */
  readonly answer: Promise<number | undefined>;
}

/** A plain upload that has begun. */
function send(bench: Bench, ends: boolean): Sender {
  const outgoing = request(`${bench.api.base}/version`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bench.token}` },
  });
  const answer = once(outgoing, 'response').then(
    ([reply]) => (reply as IncomingMessage).resume().statusCode,
    () => undefined,
  );
  outgoing.on('error', () => {});
  outgoing.write(header);
  return { ends, outgoing, answer };
}

async function ready(bench: Bench): Promise<number> {
  const url = `${bench.repository.url}/ready?code=health`;
  return await fetch(url).then(
    async (reply) => {
      await reply.text();
      return reply.status;
    },
    () => 0,
  );
}

/** The signal takes a moment to arrive on a busy machine. */
async function soonUnready(bench: Bench): Promise<boolean> {
  for (const end = Date.now() + 2000; Date.now() < end; await delay(20)) {
    if ((await ready(bench)) !== 200) return true;
  }
  return false;
}

async function trickle({ outgoing, ends }: Sender, run: FaultRun): Promise<void> {
  for (let left = ends ? run.random.int(1, 20) : 10_000; left > 0 && !outgoing.destroyed; left -= 1) {
    outgoing.write(`${run.random.bytes(300).toString('base64')}\n`);
    await delay(20);
  }
  if (ends) outgoing.end(footer);
}

async function strike(bench: Bench, run: FaultRun, round: number): Promise<void> {
  const senders = Array.from({ length: uploads }, (_, index) => {
    // A plain upload has its collection to itself.
    bench.use(`stop-${round}-${index}`, {});
    return { ...send(bench, index % 4 !== 0), api: bench.api };
  });
  await delay(run.random.int(100, 400));
  const trickling = senders.map((sender) => trickle(sender, run));
  const ended = bench.repository.end('SIGTERM');
  if (!(await soonUnready(bench))) run.broken('the server says that it is ready while it stops');
  const answers = await Promise.all(senders.map(({ answer }) => answer));
  await ended;
  await Promise.all(trickling);
  await bench.repository.restart();
  run.injected();
  for (const [index, { api, ends }] of senders.entries()) {
    const versions = await api.list();
    const acknowledged = answers[index] === 200;
    if (acknowledged !== (versions.length === 1)) run.broken(`answered ${answers[index]}, listed ${versions.length}`);
    if (ends && !acknowledged) run.broken(`an upload that ended in time is answered ${answers[index]}`);
    if (!ends && acknowledged) run.broken('an upload that never ended is acknowledged');
  }
  if (bench.repository.staged().length > 0) run.broken('staged bytes stay');
}

export const stoppedWithUploads: FaultCase = {
  name: 'T19',
  explains: 'SIGTERM with 20 uploads in flight, some of which never end',
  run: async (run) => {
    await using bench = await Bench.start({}, { environment: { BR_HTTP_DRAIN_TIMEOUT: '4s' } });
    for (let round = 0; round < run.rounds(1, 50); round += 1) await strike(bench, run, round);
  },
};
