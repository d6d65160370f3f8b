import { randomUUID } from 'node:crypto';
import { runClient } from '../harness/client-process.ts';
import { sha256 } from '../harness/repository-api.ts';
import { Bench } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { message } from './messages.ts';
import { startProxy } from './proxy.ts';
import type { Random } from './random.ts';
import { changed } from './toxics.ts';

const mutations = {
  bit: (random: Random, body: Buffer): Buffer => {
    const copy = Buffer.from(body);
    const at = random.int(0, copy.length);
    copy.writeUInt8(copy.readUInt8(at) ^ (1 << random.int(0, 8)), at);
    return copy;
  },
  truncated: (random: Random, body: Buffer): Buffer => body.subarray(0, random.int(1, body.length)),
  reordered: (random: Random, body: Buffer): Buffer => {
    const middle = random.int(1, body.length);
    return Buffer.concat([body.subarray(middle), body.subarray(0, middle)]);
  },
  doubled: (random: Random, body: Buffer): Buffer => Buffer.concat([body, body.subarray(random.int(0, body.length))]),
} as const;
const kinds = Object.keys(mutations) as [keyof typeof mutations, ...(keyof typeof mutations)[]];

/** What arrives is not what the client hashed. */
async function strike(bench: Bench, run: FaultRun): Promise<void> {
  const body = message(run.random, run.random.int(300, 3000));
  const kind = run.random.pick(kinds);
  const opened = await bench.api.call('POST', 'uploads', { key: randomUUID() });
  const { id } = opened.data.upload;
  await bench.api.append(id, mutations[kind](run.random, body));
  const done = await bench.api.call('POST', `uploads/${id}/finalise`, { sha256: sha256(body), size: body.length });
  run.injected();
  if (done.status !== 422 && done.status !== 400) run.broken(`${kind}: finalise answers ${done.status}`);
}

/** One bit changes on the way from the real client, somewhere in the message. */
async function strikeClient(bench: Bench, run: FaultRun): Promise<void> {
  let left = run.random.int(20_000, 900_000);
  const change = (chunk: Buffer): Buffer => {
    const at = left;
    left -= chunk.length;
    if (at < 0 || left >= 0) return chunk;
    const copy = Buffer.from(chunk);
    copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
    return copy;
  };
  await using proxy = await startProxy(bench.repository.url, { up: () => changed(change) });
  const { exitCode } = await runClient(['make', '-c', 'head -c 1000000 /dev/urandom'], bench.environment(proxy.url));
  run.injected();
  if (exitCode === 0) run.broken('a changed bit on the wire: the client says success');
}

export const mutatedBodies: FaultCase = {
  name: 'T7',
  explains: 'the body is truncated, reordered, doubled, or one bit of it changes on the way',
  run: async (run) => {
    await using bench = await Bench.start();
    await bench.works();
    for (let round = 0; round < run.rounds(150, 9900); round += 1) await strike(bench, run);
    for (let round = 0; round < run.rounds(3, 100); round += 1) await strikeClient(bench, run);
    const versions = await bench.check(run, { what: 'afterwards', settled: true });
    if (versions.length > 0) run.broken(`${versions.length} changed bodies were accepted`);
  },
};
