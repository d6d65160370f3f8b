import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeClient, type KubeClient } from '@backstay/kubernetes';
import { kubeApiserverAssets, startKubeApiserver } from '@backstay/kubernetes/testing';
import { startLocalCluster } from '@backstay/local-cluster';
import { pino } from 'pino';

export interface TestCluster {
  client: KubeClient;
  stop(): Promise<void>;
}

export interface TestClusterKind {
  name: string;
  available: boolean;
  /** Whether Pods really run; else a test plays the Job controller. */
  runsPods: boolean;
  start(): Promise<TestCluster>;
}

const connected = (kubeconfig: string, stopServer: () => Promise<void>): TestCluster => {
  const client = createKubeClient({ kubeconfig });
  return {
    client,
    stop: async () => {
      await client.close();
      await stopServer();
    },
  };
};

const startReal = async (): Promise<TestCluster> => {
  const server = await startKubeApiserver();
  return connected(server.kubeconfigPath, server.stop);
};

/** Its Pods find a `backup-maker` that does nothing: what the controller makes is looked at, not what a client does. */
const startLocal = async (): Promise<TestCluster> => {
  const home = await mkdtemp(join(tmpdir(), 'controller-'));
  const bin = join(home, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'backup-maker'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const cluster = await startLocalCluster({
    home: join(home, 'cluster'),
    host: '127.0.0.1',
    port: 0,
    logger: pino({ level: 'silent' }),
    podPath: [bin],
  });
  return connected(cluster.kubeconfigPath, async () => {
    await cluster.stop();
    await rm(home, { recursive: true, force: true });
  });
};

export const testClusters: TestClusterKind[] = [
  {
    name: 'a real kube-apiserver (KUBEBUILDER_ASSETS)',
    available: kubeApiserverAssets() !== undefined,
    runsPods: false,
    start: startReal,
  },
  { name: 'the local cluster', available: true, runsPods: true, start: startLocal },
];
