import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { forgetPeak, peakMemory } from '../harness/process-memory.ts';
import { collectionApi } from '../harness/repository-api.ts';
import { RepositoryProcess } from '../harness/repository-process.ts';
import { atMost, type Benchmark, timesPeer } from './benchmark.ts';
import { mebibyte, milliseconds, p95, rate } from './options.ts';
import { startPlainServer } from './peers/peers.ts';

/** Starts as a binary OpenPGP message does. */
const block = Buffer.concat([Buffer.from([0x85, 0x01, 0x0c, 0x03]), randomBytes(mebibyte - 4)]);

function* content(mib: number): Generator<Buffer> {
  for (let done = 0; done < mib; done += 1) yield block;
}

const startWithApi = async () => {
  const repository = await RepositoryProcess.start({ load: {} });
  const token = await repository.login();
  return { repository, token, api: collectionApi(repository.url, token, 'load') };
};

const put = async (url: string, mib: number): Promise<void> => {
  const outgoing = request(url, { method: 'PUT' });
  const source = Readable.from(content(mib), { objectMode: false, highWaterMark: mebibyte });
  const [, [reply]] = await Promise.all([
    pipeline(source, outgoing),
    once(outgoing, 'response') as Promise<[IncomingMessage]>,
  ]);
  await reply.toArray();
};

const uploadOne = async (api: ReturnType<typeof collectionApi>, mib: number): Promise<void> => {
  const status = await api.upload(content(mib));
  if (status !== 200) throw new Error(`the upload is answered ${status}`);
};

const upload: Benchmark = {
  name: 'repository-upload',
  explains: 'one upload (--mib, default 10240) beside a plain socket to the same disk with SHA-256',
  run: async ({ mib = 10_240 }) => {
    const { repository, api } = await startWithApi();
    await using _ended = repository;
    await using plain = await startPlainServer(path.join(repository.home, 'plain'));
    const peer = rate(mib, await milliseconds(() => put(plain.url, mib)));
    const value = rate(mib, await milliseconds(() => uploadOne(api, mib)));
    return [
      { name: 'repository-upload', value, unit: 'MiB/s', peer, goal: timesPeer(0.8) },
      { name: 'repository-upload: memory peak', value: peakMemory(repository.pid), unit: 'MiB', goal: atMost(256) },
    ];
  },
};

/** Reads to the end; milliseconds to the first byte. */
async function drain(reply: AsyncIterable<Buffer>, started: number, expected: number): Promise<number> {
  let [first, bytes] = [Number.NaN, 0];
  for await (const chunk of reply) {
    if (bytes === 0) first = performance.now() - started;
    bytes += chunk.length;
  }
  if (bytes !== expected) throw new Error(`${bytes} of ${expected} bytes came`);
  return first;
}

const download: Benchmark = {
  name: 'repository-download',
  explains: 'one download (--mib, default 10240) beside a file through a plain socket with SHA-256; first byte',
  run: async ({ mib = 10_240 }) => {
    const { repository, api } = await startWithApi();
    await using _ended = repository;
    await using plain = await startPlainServer(path.join(repository.home, 'plain'));
    const bytes = mib * mebibyte;
    await put(plain.url, mib);
    await uploadOne(api, mib);
    forgetPeak(repository.pid);
    const peer = await milliseconds(async () => {
      const [reply] = (await once(request(plain.url).end(), 'response')) as [IncomingMessage];
      await drain(reply, 0, bytes);
    });
    let first = Number.NaN;
    const own = await milliseconds(async () => {
      const started = performance.now();
      first = await drain(await api.download('latest'), started, bytes);
    });
    return [
      {
        name: 'repository-download',
        value: rate(mib, own),
        unit: 'MiB/s',
        peer: rate(mib, peer),
        goal: timesPeer(0.8),
      },
      { name: 'repository-download: first byte', value: first, unit: 'ms', goal: atMost(50) },
      { name: 'repository-download: memory peak', value: peakMemory(repository.pid), unit: 'MiB', goal: atMost(256) },
    ];
  },
};

const parallel: Benchmark = {
  name: 'parallel-uploads',
  explains: 'uploads at once (--count, default 50; --mib each, default 64), and what other requests wait meanwhile',
  run: async ({ mib = 64, count = 50 }) => {
    const { repository, api, token } = await startWithApi();
    await using _ended = repository;
    const others: number[] = [];
    let uploading = true;
    const probe = async (): Promise<void> => {
      while (uploading) others.push(await milliseconds(() => api.list()));
    };
    const probed = probe();
    const targets = Array.from({ length: count }, (_, index) => {
      // A plain upload has its collection to itself.
      repository.putCollection(`parallel-${index}`);
      return collectionApi(repository.url, token, `parallel-${index}`);
    });
    const ends = await Promise.allSettled(targets.map((target) => uploadOne(target, mib)));
    uploading = false;
    await probed;
    const failures = ends.filter(({ status }) => status === 'rejected').length;
    const lists = await Promise.all(targets.map((target) => target.list()));
    const unlisted = count - failures - lists.flat().length;
    return [
      { name: 'parallel-uploads: failures', value: failures + Math.abs(unlisted), unit: 'uploads', goal: atMost(0) },
      { name: 'parallel-uploads: other requests p95', value: p95(others), unit: 'ms', goal: atMost(200) },
      { name: 'parallel-uploads: memory peak', value: peakMemory(repository.pid), unit: 'MiB', goal: atMost(256) },
    ];
  },
};

export const repositoryBenchmarks = [upload, download, parallel];
