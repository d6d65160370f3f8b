import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeClient, type KubeClient } from '@backstay/kubernetes';
import { type KubeApiserver, kubeApiserverAssets, startKubeApiserver } from '@backstay/kubernetes/testing';
import { startLocalCluster } from '@backstay/local-cluster';
import {
  customResourceDefinitions,
  type RequestedBackupAction,
  type ResourceType,
  resourceTypes,
  type ScheduledBackup,
} from '@backstay/shared';
import pino from 'pino';
import { createKeySecret, schedule } from '../../load/kube-objects.ts';

const apiserverIsMissing = 'KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd';

/** For cases that hurt the API server itself. */
export const needsApiserver = (): string | undefined =>
  kubeApiserverAssets() === undefined ? apiserverIsMissing : undefined;

export interface KubeBench extends AsyncDisposable {
  readonly client: KubeClient;
  readonly url: string;
  readonly token: string;
  readonly caCertificate: string;
  /** Undefined: it is the cluster of this machine. */
  readonly apiserver: KubeApiserver | undefined;
}

async function startLocal(): Promise<KubeBench> {
  const home = await mkdtemp(join(tmpdir(), 'backstay-faults-'));
  const logger = pino({ level: 'silent' });
  const cluster = await startLocalCluster({ home, host: '127.0.0.1', port: 0, logger });
  const client = createKubeClient({ kubeconfig: cluster.kubeconfigPath });
  return {
    client,
    ...{ url: cluster.url, token: cluster.adminToken, caCertificate: cluster.caCertificate, apiserver: undefined },
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await cluster.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function startReal(controllers: boolean): Promise<KubeBench> {
  const apiserver = await startKubeApiserver({ controllers });
  const client = createKubeClient({ kubeconfig: apiserver.kubeconfigPath });
  return {
    client,
    ...{ url: apiserver.url, token: apiserver.adminToken, caCertificate: apiserver.caCertificate, apiserver },
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await apiserver.stop();
    },
  };
}

/** A real API server where there is one, else the cluster of this machine; with the custom resources. */
export async function startKubeBench({ controllers = false }: { controllers?: boolean } = {}): Promise<KubeBench> {
  const bench = await (kubeApiserverAssets() === undefined ? startLocal() : startReal(controllers));
  const type = resourceTypes.customResourceDefinitions;
  for (const definition of customResourceDefinitions())
    await bench.client.apply(type, definition, { fieldManager: 'faults', force: true });
  for (const served of [resourceTypes.scheduledBackups, resourceTypes.requestedBackupActions] as ResourceType[])
    await eventually(`${served.plural} are served`, () => bench.client.list(served).then(() => true));
  return bench;
}

/** Asks again until the answer is yes; a probe that throws says no. */
export async function eventually(
  what: string,
  probe: () => Promise<boolean> | boolean,
  timeoutMs = 60_000,
): Promise<number> {
  const begun = performance.now();
  for (;;) {
    const yes = await Promise.resolve()
      .then(probe)
      .catch(() => false);
    const passed = performance.now() - begun;
    if (yes) return passed;
    if (passed > timeoutMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export const inDefault = (name: string) => ({ namespace: 'default', name });

export const actionOf = (name: string, of: string): RequestedBackupAction => ({
  apiVersion: 'riotkit.org/v1alpha1',
  kind: 'RequestedBackupAction',
  metadata: inDefault(name),
  spec: { action: 'backup', scheduledBackupRef: { name: of } },
});

export const isApplied = async (client: KubeClient, name: string): Promise<boolean> => {
  const { status, metadata } = await client.get(resourceTypes.scheduledBackups, inDefault(name));
  const condition = status?.conditions?.find(({ type }) => type === 'BackupObjectsInstallation');
  return condition?.status === 'True' && condition.observedGeneration === metadata.generation;
};

export const isProcessed = async (client: KubeClient, name: string): Promise<boolean> =>
  (await client.get(resourceTypes.requestedBackupActions, inDefault(name))).status?.processed === true;

/** A schedule that never comes due, with the Secret that all of them share. */
export async function createSchedule(client: KubeClient, name: string): Promise<ScheduledBackup> {
  await createKeySecret(client).catch((error: unknown) => {
    if (!(error instanceof Error && 'status' in error && error.status === 409)) throw error;
  });
  return client.create(resourceTypes.scheduledBackups, schedule(name));
}
