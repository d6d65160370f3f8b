import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** What the cluster is made of. */
const binaries = [
  ...['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'],
  ...['kubectl', 'kubelet', 'kube-proxy', 'coredns', 'pause'],
];

/** Programs of the system, and the Debian packages that bring them. */
const programs: Record<string, string> = {
  '/usr/bin/containerd': 'containerd',
  '/usr/sbin/runc': 'runc',
  '/usr/lib/cni/bridge': 'containernetworking-plugins',
  '/usr/sbin/nft': 'nftables',
  '/usr/sbin/conntrack': 'conntrack',
  '/usr/sbin/ip': 'iproute2',
  '/usr/bin/mmdebstrap': 'mmdebstrap',
  '/usr/share/keyrings/debian-archive-keyring.gpg': 'debian-archive-keyring',
};

/** Folder that keeps what was built: BACKSTAY_CACHE, /var/cache/backstay for root, or the user's cache. */
export const cacheFolder = (): string =>
  process.env['BACKSTAY_CACHE'] ??
  (process.getuid?.() === 0 ? '/var/cache/backstay' : path.join(os.homedir(), '.cache/backstay'));

/** Folder of the programs of Kubernetes: KUBEBUILDER_ASSETS, or where e2e/kubernetes/build.mjs puts them. */
export const clusterBinaries = (): string | undefined =>
  [process.env['KUBEBUILDER_ASSETS'], path.join(cacheFolder(), 'kubernetes')].find(
    (folder) => folder !== undefined && binaries.every((name) => fs.existsSync(path.join(folder, name))),
  );

/** Debian packages that a cluster with Pods lacks here. Empty where it could not run anyhow. */
export const missingClusterPackages = (): string[] =>
  process.platform === 'linux' && process.getuid?.() === 0
    ? Object.entries(programs).flatMap(([program, name]) => (fs.existsSync(program) ? [] : [name]))
    : [];

const canMakeCgroups = (): boolean => {
  const base = '/sys/fs/cgroup';
  const parent = fs.existsSync(path.join(base, 'memory')) ? path.join(base, 'memory') : base;
  const probe = path.join(parent, `backstay-probe-${process.pid}`);
  try {
    fs.mkdirSync(probe);
    fs.rmdirSync(probe);
    return true;
  } catch {
    return false;
  }
};

/** Why no cluster with Pods can run on this machine; undefined when it can. */
export function whyNoCluster(): string | undefined {
  if (process.platform !== 'linux') return 'Pods need Linux';
  if (process.getuid?.() !== 0) return 'Pods need root';
  const missing = missingClusterPackages();
  if (missing.length > 0) return `missing: ${missing.join(', ')}`;
  if (clusterBinaries() === undefined) return 'no Kubernetes (KUBEBUILDER_ASSETS, or e2e/kubernetes/build.mjs)';
  return canMakeCgroups() ? undefined : 'cgroups cannot be made here';
}
