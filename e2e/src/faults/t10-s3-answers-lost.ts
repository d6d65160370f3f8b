import { randomUUID } from 'node:crypto';
import type { S3Fault, S3Operation } from '@backstay/repository/testing/s3-fault-proxy';
import { sha256 } from '../harness/repository-api.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { binaryMessage } from './messages.ts';
import { needsS3, S3Bench } from './s3-bench.ts';

const mebibyte = 1_048_576;
const operations: readonly S3Operation[] = ['put', 'part', 'copy', 'complete', 'delete'];
const faults: readonly [S3Fault, ...S3Fault[]] = ['lost-reply', 'error-in-200', 'error-in-200-done'];

/** Most answers of S3 about one upload are lost or lie; `stubborn`: all of them, until the upload is answered. */
async function strike({ bench, proxy }: S3Bench, run: FaultRun, stubborn: boolean): Promise<void> {
  const { api } = bench;
  const body = binaryMessage(run.random, run.random.pick([200, 100_000, 11 * mebibyte]));
  const fault = run.random.pick(faults);
  const opened = await api.call('POST', 'uploads', { key: randomUUID() });
  const { id } = opened.data.upload;
  let left = stubborn ? Number.POSITIVE_INFINITY : run.random.int(1, 5);
  const lie: S3Bench['proxy']['plan'] = ({ operation }) => {
    if (!operations.includes(operation) || left <= 0) return undefined;
    left -= 1;
    return fault;
  };
  proxy.plan = stubborn ? () => undefined : lie;
  const sent = await api.append(id, body);
  proxy.plan = lie;
  const promise = { sha256: sha256(body), size: body.length };
  const first = await api.call('POST', `uploads/${id}/finalise`, promise);
  proxy.plan = () => undefined;
  run.injected();
  const what = `${fault}${stubborn ? ' every time' : ''}, ${body.length} bytes: sent ${sent.status}, finalised ${first.status}`;
  if (!stubborn && first.status !== 200) run.broken(`${what}: not settled by itself`);
  // What is unknown is asked for again, as clients do.
  const second = await api.call('POST', `uploads/${id}/finalise`, promise);
  const isStored = second.status === 200;
  if (first.status === 200 && !isStored) run.broken(`${what}: acknowledged, then ${second.status}`);
  const number: unknown = second.data?.version?.versionNumber;
  const versions = await bench.check(run, { what, settled: false });
  if (versions.length !== (isStored ? 1 : 0))
    run.broken(`${what}: answered ${second.status}, listed ${versions.length}`);
  const [version] = versions;
  if (version && (version.versionNumber !== number || version.sha256 !== promise.sha256)) {
    run.broken(`${what}: what is listed is not what was answered`);
  }
  bench.accept(versions);
}

export const lostAnswersOfS3: FaultCase = {
  name: 'T10',
  explains: 'S3 does it and the answer is lost, or says 200 and means an error',
  missing: needsS3,
  run: async (run) => {
    await using s3 = await S3Bench.start();
    const count = run.rounds(8, 300);
    for (let round = 0; round < count; round += 1) await strike(s3, run, false);
    // Each tries for about a minute before it gives up.
    if (run.long) for (let round = 0; round < run.rounds(1, 5); round += 1) await strike(s3, run, true);
    await s3.holdsOnlyVersions(run, 'afterwards');
  },
};
