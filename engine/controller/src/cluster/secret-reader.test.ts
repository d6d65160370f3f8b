import type { KubeClient } from '@backstay/kubernetes';
import type { Secret } from '@backstay/shared';
import { expect, it } from 'vitest';
import type { ControllerCaches } from './controller-caches.ts';
import { createSecretReader } from './secret-reader.ts';
import { summariseSecret } from './summaries.ts';

const secret = (value: string): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'keys', namespace: 'x' },
  data: { value },
});

const bench = () => {
  const cluster = { live: secret('one'), watched: secret('one'), requests: 0 };
  const client = {
    get: () => {
      cluster.requests += 1;
      return Promise.resolve(cluster.live);
    },
  } as unknown as KubeClient;
  const caches = { secrets: { get: () => summariseSecret(cluster.watched) } } as unknown as ControllerCaches;
  const reader = createSecretReader({ client, caches });
  const read = async (fresh = false) => (await reader.read({ namespace: 'x', name: 'keys', fresh })).data?.['value'];
  return { cluster, reader, read };
};

it('asks once while the watch says that nothing changed', async () => {
  const { cluster, read } = bench();
  expect([await read(), await read()]).toEqual(['one', 'one']);
  expect(cluster.requests).toBe(1);
});

it('never gives out what the watch knows to be old', async () => {
  const { cluster, read } = bench();
  await read();
  cluster.live = secret('two');
  cluster.watched = secret('two');
  expect(await read()).toBe('two');
});

it('reads again after a write of its own that the watch does not know yet, and when asked to', async () => {
  const { cluster, reader, read } = bench();
  await read();
  cluster.live = secret('two');
  expect(await read(true)).toBe('two');
  cluster.live = secret('three');
  reader.forget({ namespace: 'x', name: 'keys' });
  expect(await read()).toBe('three');
});
