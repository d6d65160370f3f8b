import type { FaultCase, FaultRun } from '../fault-case.ts';
import { eventually, startKubeBench } from './kube-bench.ts';
import { type KubeProxy, startKubeProxy } from './kube-proxy.ts';
import { churn, differences, type Watched, watchThrough } from './t26-watch-expired.ts';

const count = 50;

/** What the API server never sends, and what comes in other pieces than it was sent. */
const noise: Record<string, string> = {
  'a line that is no JSON': 'HTTP/1.1 502 Bad Gateway\n',
  'half an object': '{"type":"ADDED","object":{"metadata":{"name":"wat',
  'an event without an object': '{"type":"MODIFIED"}\n',
  'an unknown event': '{"type":"SURPRISE","object":{"metadata":{}}}\n',
  'two events glued': '{"type":"BOOKMARK","object":{"metadata":{}}}{"type":"BOOKMARK","object":{"metadata":{}}}\n',
  'bytes that are no text': '\u0000\uFFFD\u0007\n',
};

interface Hurt {
  run: FaultRun;
  proxy: KubeProxy;
  watched: Watched;
  bench: Awaited<ReturnType<typeof startKubeBench>>;
}

async function garbage({ run, proxy, watched, bench }: Hurt, what: string, text: string): Promise<void> {
  await eventually('a watch is open', () => proxy.inject('\n') > 0);
  const before = watched.errors.length;
  proxy.inject(text);
  run.injected();
  await churn(bench.client, run, count);
  await eventually('same again', async () => (await differences(bench.client, watched)).length === 0, 60_000).catch(
    () => run.broken(`${what}: events were lost`),
  );
  if (watched.errors.length === before) run.broken(`${what}: swallowed`);
}

/** Packets are lost and nobody says so: what happens meanwhile is found out when the deadline of the watch is over. */
async function silence({ run, proxy, watched, bench }: Hurt): Promise<void> {
  await eventually('a watch is open', () => proxy.inject('\n') > 0);
  proxy.freeze();
  run.injected();
  await churn(bench.client, run, count);
  const blind = await eventually(
    'same again',
    async () => (await differences(bench.client, watched)).length === 0,
    75_000,
  ).catch(() => Number.POSITIVE_INFINITY);
  if (blind > 60_000) run.broken(`blind for ${Math.round(blind)} ms`);
}

export const halfOpenWatch: FaultCase = {
  name: 'T28',
  explains: 'a watch whose packets are lost, garbage lines and glued events (a silent watch takes a minute; --long)',
  run: async (run) => {
    await using bench = await startKubeBench();
    await using proxy = await startKubeProxy(bench);
    await using watched = await watchThrough(proxy);
    for (let round = 0; round < run.rounds(1, 25); round += 1)
      for (const [what, text] of Object.entries(noise)) await garbage({ run, proxy, watched, bench }, what, text);
    for (let round = 0; round < run.rounds(0, 50); round += 1) await silence({ run, proxy, watched, bench });
  },
};
