import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { collectionApi, sha256 } from '../harness/repository-api.ts';
import { Bench, collection } from './bench.ts';
import type { FaultCase, FaultRun } from './fault-case.ts';
import { message } from './messages.ts';

/** Milliseconds. A token ends with a whole second, so it lives for more than one of them. */
const lifetime = 2000;
const refusedWithin = 50;
const rounds = 5;

/** Announces a large body, sends almost none of it, and waits for the answer. */
async function beginUpload(bench: Bench, token: string): Promise<{ status: number | undefined; milliseconds: number }> {
  const outgoing = request(`${bench.api.base}/version`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-length': String(1 << 30) },
  });
  outgoing.on('error', () => {});
  const started = performance.now();
  outgoing.write('-----BEGIN');
  const [reply] = (await once(outgoing, 'response')) as [IncomingMessage];
  const milliseconds = performance.now() - started;
  outgoing.destroy();
  return { status: reply.statusCode, milliseconds };
}

async function expiredBefore(bench: Bench, run: FaultRun, token: string): Promise<void> {
  const answers: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { status, milliseconds } = await beginUpload(bench, token);
    run.injected();
    if (status !== 401) run.broken(`an expired token begins an upload: ${status}`);
    answers.push(milliseconds);
  }
  // A busy machine delays some of them; the body is a gigabyte that never comes, so reading it would delay all.
  const fastest = Math.min(...answers);
  if (fastest > refusedWithin) run.broken(`an expired token is refused after ${fastest} ms`);
}

async function expiredDuring(bench: Bench, run: FaultRun): Promise<string> {
  const token = await bench.repository.login('admin', { lifetime: `${lifetime}ms` });
  const mine = collectionApi(bench.repository.url, token, collection);
  const body = message(run.random, 20_000);
  const opened = await mine.call('POST', 'uploads', { key: randomUUID() });
  const { id } = opened.data.upload;
  await delay(lifetime + 200);
  const sent = await mine.append(id, body);
  const done = await mine.call('POST', `uploads/${id}/finalise`, { sha256: sha256(body), size: body.length });
  run.injected();
  if (sent.status !== 200 || done.status !== 200) {
    run.broken(`an upload whose token expired meanwhile is answered ${sent.status} and ${done.status}`);
  }
  for (const [method, path] of [
    ['GET', 'version'],
    ['GET', 'usage'],
    ['POST', 'uploads'],
  ] as const) {
    const { status } = await mine.call(method, path, method === 'POST' ? { key: randomUUID() } : undefined);
    run.injected();
    if (status !== 401) run.broken(`${method} ${path} with an expired token is answered ${status}`);
  }
  bench.accept(await bench.api.list());
  return token;
}

async function foreignUpload(bench: Bench, run: FaultRun, expired: string): Promise<void> {
  const opened = await bench.api.call('POST', 'uploads', { key: randomUUID() });
  const { id } = opened.data.upload;
  const { status } = await collectionApi(bench.repository.url, expired, collection).append(
    id,
    message(run.random, 20_000),
  );
  run.injected();
  if (status !== 401) run.broken(`an expired token goes on with an upload that it did not begin: ${status}`);
  await bench.api.call('DELETE', `uploads/${id}`);
}

export const expiredTokens: FaultCase = {
  name: 'T17',
  explains: 'the token expires before an upload, and in the middle of one',
  run: async (run) => {
    await using bench = await Bench.start();
    await bench.works();
    for (let round = 0; round < run.rounds(1, 20); round += 1) {
      const token = await expiredDuring(bench, run);
      await expiredBefore(bench, run, token);
      await foreignUpload(bench, run, token);
      await bench.check(run, { what: 'expired tokens', settled: true });
    }
  },
};
