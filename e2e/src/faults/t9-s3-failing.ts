import { setTimeout as delay } from 'node:timers/promises';
import type { S3Fault, S3Operation } from '@backstay/repository/testing/s3-fault-proxy';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { binaryMessage, storeMessage } from './messages.ts';
import { needsS3, S3Bench } from './s3-bench.ts';

const mebibyte = 1_048_576;
const failing = 0.3;
const atOnce = 10;
const faults: readonly [S3Fault, ...S3Fault[]] = ['unavailable', 'internal-error', 'reset', 'lost-reply'];
/** Time-outs of those that carry bytes, and of the one that puts them together, are minutes long. */
const quick: readonly S3Operation[] = ['begin', 'head', 'list', 'abort', 'delete'];

/** Above 5 MiB an upload has several parts. */
const sizes = [200, 40_000, mebibyte, 11 * mebibyte] as const;

function planOf({ random, long }: FaultRun): S3Bench['proxy']['plan'] {
  return ({ operation }) => {
    if (random.int(0, 1000) >= failing * 1000) return undefined;
    const hangs = long && quick.includes(operation) && random.int(0, 10) === 0;
    return hangs ? 'timeout' : random.pick(faults);
  };
}

/** Three requests in ten fail: at least 99 of 100 uploads are stored, and what is refused leaves nothing. */
async function failALittle({ bench, proxy }: S3Bench, run: FaultRun): Promise<void> {
  const count = run.rounds(15, 1000);
  bench.use('failing', { maxBackupsCount: 2 * count, maxOneVersionSize: '12M', maxCollectionSize: '24T' });
  proxy.plan = planOf(run);
  let [left, stored] = [count, 0];
  const uploader = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const status = await storeMessage(bench.api, binaryMessage(run.random, run.random.pick(sizes)));
      run.injected();
      if (status === 200) stored += 1;
      else if (status < 500) run.broken(`an upload to an S3 that fails is answered ${status}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, uploader));
  proxy.plan = () => undefined;
  const versions = await bench.check(run, { what: 'three in ten requests fail', settled: false });
  if (versions.length !== stored) run.broken(`${stored} uploads were acknowledged, ${versions.length} are listed`);
  if (stored < 0.99 * count) run.broken(`only ${stored} of ${count} uploads were stored`);
}

const isReady = async (url: string): Promise<boolean> => {
  const reply = await fetch(`${url}/ready?code=health`);
  await reply.text();
  return reply.status === 200;
};

/** Nothing of S3 answers for a while. */
async function outage({ bench, proxy }: S3Bench, run: FaultRun, milliseconds: number): Promise<void> {
  const what = 'an outage';
  bench.use(`outage-${milliseconds}-${run.random.int(0, 1_000_000)}`, {
    maxBackupsCount: 10,
    maxOneVersionSize: '12M',
  });
  const uploading = storeMessage(bench.api, binaryMessage(run.random, 11 * mebibyte));
  await delay(run.random.int(0, 300));
  const fault = run.random.pick(['unavailable', 'reset'] as const);
  proxy.plan = () => fault;
  const over = Date.now() + milliseconds;
  if (await isReady(bench.repository.url)) run.broken(`${what}: the repository says that it is ready`);
  await delay(over - Date.now());
  proxy.plan = () => undefined;
  const status = await uploading;
  run.injected();
  const versions = await bench.check(run, { what, settled: false });
  if (status < 500 && status !== 200) run.broken(`${what}: an upload is answered ${status}`);
  if (versions.length !== (status === 200 ? 1 : 0)) {
    run.broken(`${what}: answered ${status}, and ${versions.length} versions are there`);
  }
  if (!(await isReady(bench.repository.url))) run.broken(`${what}: not ready right after it`);
  const again = await storeMessage(bench.api, binaryMessage(run.random, 40_000));
  if (again !== 200) run.broken(`${what}: the upload after it is answered ${again}`);
}

export const failingS3: FaultCase = {
  name: 'T9',
  explains: 'S3 refuses, breaks or forgets three requests in ten, and is away for a while',
  missing: needsS3,
  run: async (run) => {
    await using s3 = await S3Bench.start();
    await failALittle(s3, run);
    for (let round = 0; round < run.rounds(1, 10); round += 1) await outage(s3, run, run.long ? 30_000 : 1500);
    // Of minutes: longer than anything is tried again.
    if (run.long) await outage(s3, run, run.rounds(1, 300) * 1000);
    await s3.holdsOnlyVersions(run, 'afterwards');
  },
};
