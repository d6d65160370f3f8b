import { createKubeClient, createResourceCache, type KubeClient, type ResourceCache } from '@backstay/kubernetes';
import { type ConfigMap, resourceTypes } from '@backstay/shared';
import { forEachNumber } from '../../load/kube-objects.ts';
import type { FaultCase, FaultRun } from '../fault-case.ts';
import { eventually, inDefault, startKubeBench } from './kube-bench.ts';
import { type KubeProxy, type ProxiedRequest, startKubeProxy } from './kube-proxy.ts';

const label = 'backstay-fault';
const labelSelector = `${label}=yes`;

export const configMap = (index: number, value = ''): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { ...inDefault(`watched-${index}`), labels: { [label]: 'yes' } },
  data: { value },
});

export interface Watched extends AsyncDisposable {
  readonly cache: ResourceCache<ConfigMap>;
  readonly errors: unknown[];
  /** What handlers were told, applied one by one. */
  readonly told: Map<string, string>;
}

/** A cache behind the proxy, as the controller and the console use it. */
export async function watchThrough(proxy: KubeProxy): Promise<Watched> {
  const client = createKubeClient({ server: proxy.url, token: 'set-by-the-proxy' });
  const errors: unknown[] = [];
  const told = new Map<string, string>();
  const onError = (error: unknown): void => void errors.push(error);
  const cache = createResourceCache<ConfigMap>({ client, type: resourceTypes.configMaps, labelSelector, onError });
  cache.onChange(({ type, object }) => {
    if (type === 'deleted') told.delete(object.metadata.name);
    else told.set(object.metadata.name, object.metadata.resourceVersion ?? '');
  });
  await cache.synced;
  return {
    cache,
    errors,
    told,
    [Symbol.asyncDispose]: async () => {
      await cache.stop();
      await client.close();
    },
  };
}

/** Creates, changes and deletes some of the objects. */
export async function churn(client: KubeClient, { random }: FaultRun, count: number): Promise<void> {
  for (let change = 0; change < 5; change += 1) {
    const index = random.int(0, count);
    const key = inDefault(`watched-${index}`);
    const value = random.bytes(8).toString('hex');
    const made = await client
      .mergePatch(resourceTypes.configMaps, key, { body: { data: { value } } })
      .catch(() => client.create(resourceTypes.configMaps, configMap(index, value)));
    if (random.int(0, 3) === 0) await client.delete(resourceTypes.configMaps, made.metadata as { name: string });
  }
}

/** Differences between what the cluster holds and what the cache and its handlers know. */
export async function differences(client: KubeClient, { cache, told }: Watched): Promise<string[]> {
  const { items } = await client.list(resourceTypes.configMaps, { namespace: 'default', labelSelector });
  const truth = new Map(items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
  const known = new Map(cache.list().map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
  const names = new Set([...truth.keys(), ...known.keys(), ...told.keys()]);
  return [...names].filter((name) => truth.get(name) !== known.get(name) || truth.get(name) !== told.get(name));
}

const expired = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' } };

/** The ways to lose one's place. Each returns what undoes it. */
const injections: Record<string, (proxy: KubeProxy) => void> = {
  'ERROR event': (proxy) => {
    proxy.inject(`${JSON.stringify(expired)}\n`);
  },
  'status 410': (proxy) => {
    once(proxy, ({ watch }) => watch, 410);
    proxy.cut();
  },
  'expired continue': (proxy) => {
    once(proxy, ({ query }) => query.has('continue'), 410);
    proxy.inject(`${JSON.stringify(expired)}\n`);
  },
};

function once(proxy: KubeProxy, hit: (request: ProxiedRequest) => boolean, status: number): void {
  let done = false;
  proxy.fate = (request) => {
    if (done || !hit(request)) return 'pass';
    done = true;
    return { status };
  };
}

export const watchExpired: FaultCase = {
  name: 'T26',
  explains: 'the API server forgets where a watch or a list was: 410 as a status, as an event, and between pages',
  run: async (run) => {
    const count = run.long ? 5_000 : 600;
    await using bench = await startKubeBench();
    await using proxy = await startKubeProxy(bench);
    await forEachNumber(count, (index) => bench.client.create(resourceTypes.configMaps, configMap(index)));
    await using watched = await watchThrough(proxy);
    for (let round = 0; round < run.rounds(6, 500); round += 1) {
      const [name, inject] = Object.entries(injections)[round % 3] ?? [];
      await eventually('a watch is open', () => proxy.inject('\n') > 0);
      proxy.fate = ({ watch }) => (watch ? { slow: 50 } : 'pass');
      inject?.(proxy);
      run.injected();
      await churn(bench.client, run, count);
      await eventually('same again', async () => (await differences(bench.client, watched)).length === 0, 5_000).catch(
        async () =>
          run.broken(`${name}: after 5 s ${(await differences(bench.client, watched)).length} objects differ`),
      );
    }
  },
};
