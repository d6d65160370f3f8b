import { randomUUID } from 'node:crypto';
import { findS3Server, startS3Server } from '@backstay/repository/testing/s3-server';
import { type Answer, type CollectionApi, digestOf, sha256 } from '../harness/repository-api.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { message } from './messages.ts';
import { needsPostgres, type Replicas, startReplicas } from './replicas.ts';
import { s3Environment } from './s3-bench.ts';

/** A bucket takes its time. */
const writers = { folder: 50, bucket: 50, bucketInShort: 10 };
type Apis = readonly [CollectionApi, CollectionApi];

/** The same step at both servers at once. */
const both = (apis: Apis, step: (api: CollectionApi) => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(apis.map(step));

/** As clients do: who is told that somebody else works on it asks again. */
async function settled(api: CollectionApi, step: (api: CollectionApi) => Promise<Answer>): Promise<Answer> {
  let answer = await step(api);
  for (let tries = 0; tries < 20 && (answer.status === 409 || answer.status >= 500); tries += 1)
    answer = await step(api);
  return answer;
}

/** One backup whose every request reaches both servers. Gives its number. */
async function write(apis: Apis, run: FaultRun, digests: Map<number, string>): Promise<void> {
  const body = message(run.random, run.random.int(200, 3000));
  const key = randomUUID();
  const opened = await both(apis, (api) => api.call('POST', 'uploads', { key }));
  const ids = new Set(opened.map(({ data }) => data?.upload?.id as unknown));
  const [id] = ids;
  if (ids.size !== 1 || typeof id !== 'string') return run.broken(`one key began ${ids.size} uploads`);
  const sent = await both(apis, (api) => api.append(id, body));
  if (sent.some(({ status }) => status !== 200 && status !== 409)) {
    run.broken(`the same bytes at both are answered ${sent.map(({ status }) => status).join(' and ')}`);
  }
  const inspected = await apis[run.random.int(0, 2)]?.call('GET', `uploads/${id}`);
  if (inspected?.data?.upload?.offset !== body.length) await settled(apis[0], (api) => api.append(id, body));
  const promise = { sha256: sha256(body), size: body.length };
  const done = await Promise.all(
    apis.map((one) => settled(one, (api) => api.call('POST', `uploads/${id}/finalise`, promise))),
  );
  run.injected();
  const numbers = new Set(done.map(({ data }) => data?.version?.versionNumber as unknown));
  const [number] = numbers;
  if (numbers.size !== 1 || typeof number !== 'number') {
    return run.broken(
      `one upload is answered ${done.map(({ status, data }) => `${status} ${JSON.stringify(data)}`).join(' and ')}`,
    );
  }
  if (digests.has(number)) run.broken(`version ${number} was given twice`);
  digests.set(number, promise.sha256);
}

async function race(
  replicas: Replicas,
  run: FaultRun,
  { round, count }: { round: number; count: number },
): Promise<void> {
  const apis = replicas.use(`race-${round}`, {
    maxBackupsCount: 100,
    maxOneVersionSize: '20K',
    maxCollectionSize: '3M',
  });
  const digests = new Map<number, string>();
  await Promise.all(Array.from({ length: count }, () => write(apis, run, digests)));
  const versions = await apis[round % 2 === 0 ? 0 : 1].list();
  if (versions.length !== digests.size) run.broken(`${digests.size} were acknowledged, ${versions.length} are listed`);
  for (const { versionNumber, sha256: listed } of versions) {
    const stored = await apis[versionNumber % 2 === 0 ? 0 : 1].download(versionNumber).then(digestOf);
    if (stored !== listed || listed !== digests.get(versionNumber))
      run.broken(`version ${versionNumber} was overwritten`);
  }
}

const room = 200 * 1024;

/** Who asks two servers at once gets no more than there is. */
async function raceForRoom(replicas: Replicas, run: FaultRun, round: number): Promise<void> {
  const limits = { maxBackupsCount: 1000, maxOneVersionSize: '100B', maxCollectionSize: '200K' };
  const apis = replicas.use(`room-${round}`, limits);
  const asked = Array.from({ length: writers.folder }, (_, index) =>
    apis[index % 2 === 0 ? 0 : 1].call('POST', 'uploads', {
      key: randomUUID(),
      expectedBytes: run.random.int(10, 20_000),
    }),
  );
  const granted = (await Promise.all(asked)).filter(({ status }) => status === 201);
  run.injected();
  const { usedBytes, reservedBytes } = await apis[0].usage();
  if (granted.length === 0) run.broken('nobody gets room');
  if (usedBytes + reservedBytes > room)
    run.broken(`${usedBytes} + ${reservedBytes} bytes exceed the quota of two servers`);
  await Promise.all(granted.map(({ data }) => apis[1].call('DELETE', `uploads/${data.upload.id}`)));
  const after = await apis[0].usage();
  if (after.reservedBytes !== 0) run.broken(`${after.reservedBytes} bytes stay reserved`);
}

export async function raceOnFolder(run: FaultRun): Promise<void> {
  await using replicas = await startReplicas();
  for (let round = 0; round < run.rounds(3, 100); round += 1) await raceForRoom(replicas, run, round);
  for (let round = 0; round < run.rounds(1, 100); round += 1)
    await race(replicas, run, { round, count: writers.folder });
}

async function raceOnBucket(run: FaultRun): Promise<void> {
  const count = run.long ? writers.bucket : writers.bucketInShort;
  const server = await startS3Server();
  try {
    await using replicas = await startReplicas(s3Environment(server));
    for (let round = 0; round < run.rounds(1, 100); round += 1) await race(replicas, run, { round, count });
  } finally {
    await server.stop();
  }
}

export const racingReplicas: FaultCase = {
  name: 'T11',
  explains: 'two repositories on one PostgreSQL and one folder or bucket: 50 writers, each request at both at once',
  missing: needsPostgres,
  run: async (run) => {
    await raceOnFolder(run);
    if (findS3Server() !== undefined) await raceOnBucket(run);
  },
};
