import { generateKeyPairSync, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { waitUntil } from '@backstay/kubernetes/testing';
import {
  type ClusterPlace,
  kubeconfigOf,
  nodeAddress,
  runInside,
  serverUrl,
  serviceRange,
  startInside,
} from './cluster-place.ts';

/** Who uses the API server, each by a token of its own. */
const users = {
  admin: { name: 'admin', groups: 'system:masters' },
  'kube-controller-manager': { name: 'system:kube-controller-manager', groups: '' },
  'kube-scheduler': { name: 'system:kube-scheduler', groups: '' },
  'kube-proxy': { name: 'system:kube-proxy', groups: '' },
  kubelet: { name: 'system:node:node1', groups: 'system:nodes' },
} as const;

const file = (place: ClusterPlace, name: string): string => path.join(place.folder, name);

const writeCredentials = (place: ClusterPlace): Record<string, string> => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  fs.writeFileSync(file(place, 'accounts.key'), privateKey, { mode: 0o600 });
  fs.writeFileSync(file(place, 'accounts.pub'), publicKey);
  const tokens = Object.fromEntries(Object.keys(users).map((user) => [user, randomBytes(16).toString('hex')]));
  const lines = Object.entries(users).map(([user, { name, groups }]) => `${tokens[user]},${name},${user},"${groups}"`);
  fs.writeFileSync(file(place, 'tokens.csv'), `${lines.join('\n')}\n`, { mode: 0o600 });
  return tokens;
};

const writeKubeconfig = (place: ClusterPlace, user: string, token: string): void => {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'node', cluster: { server: serverUrl, 'certificate-authority': file(place, 'pki/apiserver.crt') } },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: user, context: { cluster: 'node', user } }],
    'current-context': user,
  };
  fs.writeFileSync(kubeconfigOf(place, user), JSON.stringify(config), { mode: 0o600 });
};

const apiserver = (place: ClusterPlace): string[] => [
  'kube-apiserver',
  '--etcd-servers=http://127.0.0.1:2379',
  '--bind-address=0.0.0.0',
  `--advertise-address=${nodeAddress}`,
  '--secure-port=6443',
  `--service-cluster-ip-range=${serviceRange}`,
  `--cert-dir=${file(place, 'pki')}`,
  `--token-auth-file=${file(place, 'tokens.csv')}`,
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-key-file=${file(place, 'accounts.pub')}`,
  `--service-account-signing-key-file=${file(place, 'accounts.key')}`,
  '--kubelet-preferred-address-types=InternalIP',
  '--authorization-mode=Node,RBAC',
  '--allow-privileged',
];

const succeeds = (work: () => unknown) => (): boolean => {
  try {
    work();
    return true;
  } catch {
    return false;
  }
};

/** Starts etcd, the API server, the controllers and the scheduler; resolves when Pods can be created. */
export async function startControlPlane(place: ClusterPlace): Promise<void> {
  const tokens = writeCredentials(place);
  for (const [user, token] of Object.entries(tokens)) writeKubeconfig(place, user, token);
  startInside(place, 'etcd', ['etcd', `--data-dir=${file(place, 'etcd')}`, '--unsafe-no-fsync', '--log-level=warn']);
  startInside(place, 'kube-apiserver', apiserver(place));
  const kubectl = (...args: string[]) => runInside(place, ['kubectl', '--request-timeout=5s', ...args]);
  await waitUntil(
    'kube-apiserver',
    succeeds(() => kubectl('get', '--raw', '/readyz')),
    60_000,
  );
  startInside(place, 'kube-controller-manager', [
    'kube-controller-manager',
    `--kubeconfig=${kubeconfigOf(place, 'kube-controller-manager')}`,
    `--service-account-private-key-file=${file(place, 'accounts.key')}`,
    `--root-ca-file=${file(place, 'pki/apiserver.crt')}`,
    '--use-service-account-credentials',
    '--leader-elect=false',
  ]);
  startInside(place, 'kube-scheduler', [
    'kube-scheduler',
    `--kubeconfig=${kubeconfigOf(place, 'kube-scheduler')}`,
    '--leader-elect=false',
  ]);
  await waitUntil(
    'service accounts',
    succeeds(() => kubectl('-n', 'default', 'get', 'serviceaccount', 'default')),
    60_000,
  );
}
