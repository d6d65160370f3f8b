import type { KubeClient } from '@backstay/kubernetes';
import { waitUntil } from '@backstay/kubernetes/testing';
import { type KubeObject, type ResourceType, resourceTypes } from '@backstay/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installCustomResources } from './install-custom-resources.ts';
import { startController } from './start-controller.ts';
import { dyingClient } from './testing/dying-client.ts';
import { action, existingSchedule, keysSecret } from './testing/existing-user.ts';
import { type TestCluster, testClusters } from './testing/test-clusters.ts';

const { scheduledBackups, requestedBackupActions, secrets, configMaps, cronJobs, jobs, namespaces } = resourceTypes;
const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const cluster = testClusters.find(({ available, runsPods }) => available && !runsPods);

/** Lists fill caches; what a reconcile asks and writes is what it can be interrupted at. */
const isStep = (request: string): boolean => !request.startsWith('list ');

describe.skipIf(cluster === undefined)('a controller killed at each of its requests (KUBEBUILDER_ASSETS)', () => {
  let started: TestCluster;
  let client: KubeClient;
  beforeAll(async () => {
    if (cluster === undefined) {
      throw new Error('no cluster');
    }
    started = await cluster.start();
    client = started.client;
    await installCustomResources(client);
  });
  afterAll(() => started?.stop());

  const names = async (type: ResourceType, namespace: string): Promise<string[]> =>
    (await client.list<KubeObject>(type, { namespace })).items.map(({ metadata }) => metadata.name);

  const isDone = async (namespace: string): Promise<boolean> => {
    const { status } = await client.get(requestedBackupActions, { namespace, name: 'act' });
    return status?.processed === true;
  };

  const interrupted = async (namespace: string, at: number, lost: 'request' | 'answer'): Promise<boolean> => {
    await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await client.create(secrets, keysSecret(namespace));
    await client.create(scheduledBackups, existingSchedule(namespace));
    await client.create(requestedBackupActions, action(namespace, 'act'));
    const dying = dyingClient(client, { at, lost, counts: isStep });
    const first = await startController({ client: dying.client, logger, namespace });
    await waitUntil('its death or its end', async () => dying.died() || (await isDone(namespace)));
    await first.stop();
    const keys = await client.get(secrets, { namespace, name: 'backup-keys' });
    const second = await startController({ client, logger, namespace });
    await waitUntil('convergence', () => isDone(namespace));
    await second.stop();
    const after = await client.get(secrets, { namespace, name: 'backup-keys' });
    for (const [entry, value] of Object.entries(keys.data ?? {})) {
      expect(after.data?.[entry], `${entry} after a death at ${at}`).toBe(value);
    }
    expect(await names(jobs, namespace)).toHaveLength(1);
    expect(await names(cronJobs, namespace)).toEqual(['app1-backup']);
    expect(await names(configMaps, namespace)).toEqual(expect.arrayContaining(['app1-backup', 'app1-restore']));
    return dying.died();
  };

  it.each(['request', 'answer'] as const)(
    'converges with one Job and the same keys when its %s is lost',
    async (lost) => {
      let at = 0;
      while (await interrupted(`crash-${lost}-${at}`, at, lost)) {
        at += 1;
      }
      expect(at).toBeGreaterThan(10);
    },
    60_000,
  );
});
