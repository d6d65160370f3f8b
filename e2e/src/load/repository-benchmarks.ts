import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import path from 'node:path';
import { startS3Server } from '@backstay/repository/testing/s3-server';
import { s3Environment } from '../faults/s3-bench.ts';
import { forgetPeak, peakMemory } from '../harness/process-memory.ts';
import { type CollectionApi, collectionApi } from '../harness/repository-api.ts';
import { RepositoryProcess } from '../harness/repository-process.ts';
import { atLeast, atMost, type Benchmark, type Figure, timesPeer } from './benchmark.ts';
import { watchSlope } from './memory-slope.ts';
import { mebibyte, milliseconds, p95, rate } from './options.ts';
import { startPlainServer } from './peers/peers.ts';
import { content, digestOfContent, type OnMib, put, uploadBySteps, uploadPlainly } from './stream-content.ts';

const startWithApi = async (environment: NodeJS.ProcessEnv = {}) => {
  const repository = await RepositoryProcess.start({ load: {} }, { environment });
  const token = await repository.login();
  return { repository, token, api: collectionApi(repository.url, token, 'load') };
};

const upload: Benchmark = {
  name: 'repository-upload',
  explains:
    'one upload (--mib, default 10240) by the commit protocol, and one as clients of before, beside a plain socket to the same disk with SHA-256',
  run: async ({ mib = 10_240 }) => {
    const sha256 = digestOfContent(mib);
    const { repository, api } = await startWithApi();
    await using _ended = repository;
    const plainRate = async (): Promise<number> => {
      await using plain = await startPlainServer(path.join(repository.home, 'plain'));
      return rate(mib, await milliseconds(() => put(plain.url, mib)));
    };
    const before = await plainRate();
    const slope = watchSlope(repository.pid);
    const bySteps = rate(mib, await milliseconds(() => uploadBySteps(api, mib, { sha256, onMib: slope.done })));
    const steepness = slope.stop();
    const plainly = rate(mib, await milliseconds(() => uploadPlainly(api, mib)));
    // The same disk may be slower an hour, or ten GiB, later.
    const peer = (before + (await plainRate())) / 2;
    return [
      { name: 'repository-upload', value: bySteps, unit: 'MiB/s', peer, goal: timesPeer(0.8) },
      { name: 'repository-upload: clients of before', value: plainly, unit: 'MiB/s', peer, goal: timesPeer(0.8) },
      { name: 'repository-upload: memory peak', value: peakMemory(repository.pid), unit: 'MiB', goal: atMost(256) },
      ...slopeOf('repository-upload', mib, steepness),
    ];
  },
};

const enoughForSlope = 2048;

/** Of less data it would be the noise of the start. */
const slopeOf = (name: string, mib: number, value: number): Figure[] =>
  mib < enoughForSlope ? [] : [{ name: `${name}: memory slope`, value, unit: 'MiB/GiB', goal: atMost(1) }];

const uploadToS3: Benchmark = {
  name: 'repository-upload-s3',
  explains:
    'one upload (--mib, default 1024) into a real S3 server, beside a plain socket to the same disk with SHA-256',
  run: async ({ mib = 1024 }) => {
    const server = await startS3Server();
    try {
      const { repository, api } = await startWithApi(s3Environment(server));
      await using _ended = repository;
      await using plain = await startPlainServer(path.join(repository.home, 'plain'));
      const peer = rate(mib, await milliseconds(() => put(plain.url, mib)));
      const slope = watchSlope(repository.pid);
      const value = rate(mib, await milliseconds(() => uploadPlainly(api, mib, slope.done)));
      return [
        { name: 'repository-upload-s3', value, unit: 'MiB/s', peer, goal: atLeast(50) },
        {
          name: 'repository-upload-s3: memory peak',
          value: peakMemory(repository.pid),
          unit: 'MiB',
          goal: atMost(256),
        },
        ...slopeOf('repository-upload-s3', mib, slope.stop()),
      ];
    } finally {
      await server.stop();
    }
  },
};

/** Reads to the end. */
async function drain(reply: AsyncIterable<Buffer>, expected: number, onMib?: OnMib): Promise<void> {
  let bytes = 0;
  for await (const chunk of reply) {
    bytes += chunk.length;
    onMib?.(bytes / mebibyte);
  }
  if (bytes !== expected) throw new Error(`${bytes} of ${expected} bytes came`);
}

/** Milliseconds; the connection ends with it. */
async function firstByte(api: CollectionApi): Promise<number> {
  return await milliseconds(async () => {
    for await (const _ of await api.download('latest')) break;
  });
}

const firstByteSamples = 20;

const download: Benchmark = {
  name: 'repository-download',
  explains:
    'one download (--mib, default 10240) beside a file through a plain socket with SHA-256; first byte, p95 of 20',
  run: async ({ mib = 10_240 }) => {
    const { repository, api } = await startWithApi();
    await using _ended = repository;
    await using plain = await startPlainServer(path.join(repository.home, 'plain'));
    const bytes = mib * mebibyte;
    await put(plain.url, mib);
    await uploadPlainly(api, mib);
    forgetPeak(repository.pid);
    const peer = await milliseconds(async () => {
      const [reply] = (await once(request(plain.url).end(), 'response')) as [IncomingMessage];
      await drain(reply, bytes);
    });
    const firstBytes: number[] = [];
    for (let count = 0; count < firstByteSamples; count += 1) firstBytes.push(await firstByte(api));
    const slope = watchSlope(repository.pid);
    const own = await milliseconds(async () => drain(await api.download('latest'), bytes, slope.done));
    return [
      {
        name: 'repository-download',
        value: rate(mib, own),
        unit: 'MiB/s',
        peer: rate(mib, peer),
        goal: timesPeer(0.8),
      },
      { name: 'repository-download: first byte, p95', value: p95(firstBytes), unit: 'ms', goal: atMost(50) },
      { name: 'repository-download: memory peak', value: peakMemory(repository.pid), unit: 'MiB', goal: atMost(256) },
      ...slopeOf('repository-download', mib, slope.stop()),
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
    const ends = await Promise.allSettled(targets.map((target) => uploadPlainly(target, mib)));
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

const crowded: Benchmark = {
  name: 'crowded-uploads',
  explains:
    'far too many uploads at once (--count, default 200; --mib each, default 16): each is stored or told to wait',
  run: async ({ mib = 16, count = 200 }) => {
    const { repository, token } = await startWithApi();
    await using _ended = repository;
    const targets = Array.from({ length: count }, (_, index) => {
      repository.putCollection(`crowd-${index}`);
      return collectionApi(repository.url, token, `crowd-${index}`);
    });
    const answers = await Promise.all(targets.map((target) => target.upload(content(mib)).catch(() => 0)));
    const listed = (await Promise.all(targets.map((target) => target.list()))).flat().length;
    const stored = answers.filter((status) => status === 200).length;
    const lost = answers.filter((status) => status !== 200 && status !== 503).length;
    return [
      { name: 'crowded-uploads: neither stored nor told to wait', value: lost, unit: 'uploads', goal: atMost(0) },
      { name: 'crowded-uploads: listed otherwise', value: Math.abs(listed - stored), unit: 'uploads', goal: atMost(0) },
      { name: 'crowded-uploads: stored', value: stored, unit: 'uploads', goal: atLeast(1) },
      { name: 'crowded-uploads: memory peak', value: peakMemory(repository.pid), unit: 'MiB', goal: atMost(400) },
    ];
  },
};

export const repositoryBenchmarks = [upload, uploadToS3, download, parallel, crowded];
