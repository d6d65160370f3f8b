import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubeApiserverAssets, startKubeApiserver } from '@backstay/kubernetes/testing';
import { startLocalCluster } from '@backstay/local-cluster';
import pino from 'pino';
import type { ApiTarget } from './api.ts';

export interface Target {
  name: string;
  /** Why it cannot be tested here; undefined when it can. */
  missing: string | undefined;
  start(): Promise<ApiTarget & { kubeconfigPath: string; stop(): Promise<void> }>;
}

const localCluster: Target = {
  name: 'local-cluster',
  missing: undefined,
  start: async () => {
    const home = await mkdtemp(join(tmpdir(), 'contract-'));
    const logger = pino({ level: 'warn' }, pino.destination(2));
    const cluster = await startLocalCluster({ home, host: '127.0.0.1', port: 0, logger });
    const stop = async () => {
      await cluster.stop();
      await rm(home, { recursive: true, force: true });
    };
    return { ...cluster, stop };
  },
};

const kubernetes: Target = {
  name: 'kube-apiserver',
  missing:
    kubeApiserverAssets() === undefined ? 'KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd' : undefined,
  start: async () => {
    const started = await startKubeApiserver();
    return { ...started, stop: () => started.stop() };
  },
};

const chosen = process.env['CONTRACT_TARGET'];

/** What the contract holds for: local-cluster, and a real API server where there is one. CONTRACT_TARGET picks one. */
export const targets = [localCluster, kubernetes].filter(({ name }) => chosen === undefined || chosen === name);
