import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeClient, type KubeClient } from '@backstay/kubernetes';
import { kubeApiserverAssets, startKubeApiserver } from '@backstay/kubernetes/testing';
import { startLocalCluster } from '@backstay/local-cluster';
import type { ResourceType } from '@backstay/shared';
import { pino } from 'pino';
import { controllerRoles } from '../rbac.ts';

export interface TestCluster {
  /** Of the administrator. */
  client: KubeClient;
  /** With the rights that the delivered roles give to a controller; where the cluster cannot tell, the same as `client`. */
  limited: KubeClient;
  stop(): Promise<void>;
}

export interface TestClusterKind {
  name: string;
  available: boolean;
  /** Whether Pods really run; else a test plays the Job controller. */
  runsPods: boolean;
  start(): Promise<TestCluster>;
}

const rbac = (kind: string, plural: string, namespaced: boolean): ResourceType => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind,
  plural,
  namespaced,
});

/** The delivered roles, bound to one user; its Lease lies in `default`. */
const grant = async (client: KubeClient, user: string): Promise<void> => {
  const [clusterRole, role] = controllerRoles('controller');
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }];
  const metadata = { name: 'controller' };
  const binding = (kind: string, roleKind: string, name: string) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind,
    metadata: { ...metadata, ...(roleKind === 'Role' ? { namespace: 'default' } : {}) },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: roleKind, name },
    subjects,
  });
  if (clusterRole === undefined || role === undefined) {
    throw new Error('The roles are missing.');
  }
  const local = { ...role, metadata: { ...role.metadata, namespace: 'default' } };
  await client.create(rbac('ClusterRole', 'clusterroles', false), clusterRole);
  await client.create(rbac('Role', 'roles', true), local);
  await client.create(
    rbac('ClusterRoleBinding', 'clusterrolebindings', false),
    binding('ClusterRoleBinding', 'ClusterRole', clusterRole.metadata.name),
  );
  await client.create(rbac('RoleBinding', 'rolebindings', true), binding('RoleBinding', 'Role', role.metadata.name));
};

const user = 'system:serviceaccount:backups:controller';

const startReal = async (): Promise<TestCluster> => {
  const token = randomBytes(16).toString('hex');
  const { kubeconfigPath, url, caCertificate, stop } = await startKubeApiserver({ users: [{ name: user, token }] });
  const client = createKubeClient({ kubeconfig: kubeconfigPath });
  const limited = createKubeClient({ server: url, token, caCertificate });
  await grant(client, user);
  return {
    client,
    limited,
    stop: async () => {
      await Promise.all([client.close(), limited.close()]);
      await stop();
    },
  };
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
  const client = createKubeClient({ kubeconfig: cluster.kubeconfigPath });
  return {
    client,
    limited: client,
    stop: async () => {
      await client.close();
      await cluster.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
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
