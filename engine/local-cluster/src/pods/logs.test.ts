import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bash,
  createPod,
  getPod,
  podEnded,
  readLog,
  startTestCluster,
  type TestCluster,
  until,
} from '../test-cluster.ts';
import { ContainerLog } from './container-log.ts';
import { type LogQuery, readLog as readFolder } from './log-reader.ts';

let cluster: TestCluster;
beforeAll(() => {
  cluster = startTestCluster();
});
afterAll(() => cluster.stop());

const text = (buffer: Buffer): string => buffer.toString();

const query = (more: Partial<LogQuery> = {}): LogQuery => ({
  follow: false,
  timestamps: false,
  signal: new AbortController().signal,
  ...more,
});
const all = async (folder: string, more: Partial<LogQuery> = {}): Promise<Buffer> => {
  const parts: Uint8Array[] = [];
  for await (const part of readFolder(folder, undefined, query(more))) {
    parts.push(part);
  }
  return Buffer.concat(parts);
};
const kept = async (chunks: Iterable<Buffer>, limits?: { segmentBytes: number; keptSegments: number }) => {
  const folder = join(mkdtempSync(join(cluster.home, 'kept-')), 'log');
  const log = new ContainerLog(folder, limits);
  await log.keep('stdout', Readable.from(chunks));
  await log.close();
  return folder;
};

describe('a kept log', () => {
  it('gives the bytes back as they were written, however they came', async () => {
    const bytes = Buffer.concat([
      randomBytes(300_000),
      Buffer.from('\n\n\r\nä'),
      Buffer.alloc(40_000, 'x'),
      Buffer.from('\nend'),
    ]);
    for (const size of [1000, 65_536, 1_000_000]) {
      const chunks = [];
      for (let at = 0; at < bytes.length; at += size) {
        chunks.push(bytes.subarray(at, at + size));
      }
      expect((await all(await kept(chunks))).equals(bytes)).toBe(true);
    }
  });

  it('is read from its end, across segments, without its beginning', async () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `line ${index}`);
    const folder = await kept(
      lines.map((line) => Buffer.from(`${line}\n`)),
      { segmentBytes: 20_000, keptSegments: 100 },
    );
    for (const tailLines of [0, 1, 2, 357, 358, 3000, 5000, 6000]) {
      const expected = lines.slice(Math.max(0, lines.length - tailLines)).map((line) => `${line}\n`);
      expect(text(await all(folder, { tailLines }))).toBe(tailLines === 0 ? '' : expected.join(''));
    }
    expect(text(await all(folder))).toBe(`${lines.join('\n')}\n`);
  });

  it('drops its oldest part when it is too long', async () => {
    const chunks = Array.from({ length: 1000 }, (_, index) => Buffer.from(`line ${index}\n`));
    const output = text(await all(await kept(chunks, { segmentBytes: 5000, keptSegments: 3 })));
    expect(output.length).toBeLessThan(15_000);
    expect(output.endsWith('line 998\nline 999\n')).toBe(true);
  });

  it('is cut at a limit', async () => {
    const folder = await kept([Buffer.from('one\ntwo\nthree\n')]);
    expect(text(await all(folder, { limitBytes: 6 }))).toBe('one\ntw');
  });

  it('finds a time, with the time before each line', async () => {
    const folder = join(mkdtempSync(join(cluster.home, 'kept-')), 'log');
    const log = new ContainerLog(folder, { segmentBytes: 100_000, keptSegments: 50 });
    const filler = Buffer.from(`${'old '.repeat(20)}\n`.repeat(5000));
    await log.keep('stdout', Readable.from([filler]));
    const before = Date.now();
    await until('the next millisecond', () => Date.now() > before + 1);
    await log.keep('stderr', Readable.from([Buffer.from('new 1\nnew 2\n')]));
    await log.close();
    expect(text(await all(folder, { since: before + 1 }))).toBe('new 1\nnew 2\n');
    const [line = ''] = text(await all(folder, { since: before + 1, timestamps: true })).split('\n');
    expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z new 1$/);
    expect(text(await all(folder, { since: Date.now() + 60_000 }))).toBe('');
  });
});

describe('the log of a Pod', () => {
  it('is followed while it is written, by several readers, to its end', async () => {
    const go = join(cluster.home, 'go');
    const pod = createPod(
      cluster,
      'live',
      bash(`echo first; echo err >&2; until [ -e ${go} ]; do sleep 0.02; done; printf "last, no line end"`),
    );
    const [one, two] = [readLog(cluster, pod, { follow: true }), readLog(cluster, pod, { follow: true, tailLines: 1 })];
    await until('the first line', () => getPod(cluster, 'live')?.status?.phase === 'Running');
    createPod(cluster, 'opener', bash(`touch ${go}`));
    expect(
      text(await one)
        .split('\n')
        .sort(),
    ).toEqual(['err', 'first', 'last, no line end']);
    expect(text(await two).endsWith('last, no line end')).toBe(true);
    expect(text(await readLog(cluster, pod)).length).toBe('first\nerr\nlast, no line end'.length);
  });

  it('ends for a follower who leaves', async () => {
    const pod = createPod(cluster, 'long', bash('echo here; sleep 300', { terminationGracePeriodSeconds: 0 }));
    const controller = new AbortController();
    const request = { namespace: 'default', pod: 'long', uid: pod.metadata.uid ?? '', container: 'main' };
    for await (const part of cluster.runner.logs.read({
      ...request,
      follow: true,
      timestamps: false,
      signal: controller.signal,
    })) {
      expect(text(Buffer.from(part))).toBe('here\n');
      controller.abort();
    }
  });

  it('can be written through /dev/stdout and /dev/stderr', async () => {
    createPod(cluster, 'devices', bash('echo a > /dev/stdout; echo b > /dev/stderr; echo c | tee /dev/stderr'));
    const output = text(await readLog(cluster, await podEnded(cluster, 'devices')));
    expect(output.split('\n').sort().join('')).toBe('abcc');
  });

  it('gives nothing for what does not exist, or would lead elsewhere', async () => {
    const pod = createPod(cluster, 'some', bash('echo x'));
    await podEnded(cluster, 'some');
    expect(text(await readLog(cluster, pod, { container: 'other', follow: true }))).toBe('');
    expect(text(await readLog(cluster, pod, { container: '../main' }))).toBe('');
    expect(text(await readLog(cluster, pod, { uid: '..' }))).toBe('');
  });

  it('of 60 MB needs no memory of that size, also for a slow reader', async () => {
    const script = 'yes "a line of some length, again and again, to fill the log" | head -c 60000000';
    const pod = createPod(cluster, 'big', bash(script));
    const request = { namespace: 'default', pod: 'big', uid: pod.metadata.uid ?? '', container: 'main' };
    let [bytes, most] = [0, 0];
    const signal = new AbortController().signal;
    for await (const part of cluster.runner.logs.read({ ...request, follow: true, timestamps: false, signal })) {
      bytes += part.length;
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      most = Math.max(most, heapUsed + arrayBuffers);
      if (bytes % 50 === 0) {
        await new Promise((turn) => setImmediate(turn));
      }
    }
    expect(bytes).toBe(60_000_000);
    expect(most).toBeLessThan(250 * 1024 * 1024);
    expect(text(await readLog(cluster, pod, { tailLines: 1 }))).toMatch(/^a line/);
  });
});
