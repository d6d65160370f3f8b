import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { waitUntil } from '@backstay/kubernetes/testing';
import {
  type ClusterPlace,
  dnsAddress,
  kubeconfigOf,
  nodeAddress,
  podRange,
  runInside,
  startInside,
} from './cluster-place.ts';
import { pauseImage, singleFileImage } from './single-file-image.ts';

const file = (place: ClusterPlace, name: string): string => path.join(place.folder, name);
const socketOf = (place: ClusterPlace): string => file(place, 'containerd.sock');

/** The runtime's own client, on the images of the kubelet. */
export const ctr = (place: ClusterPlace, ...args: string[]): string =>
  execFileSync('ctr', ['-a', socketOf(place), '-n', 'k8s.io', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
  }).toString();

const network = (place: ClusterPlace): string =>
  JSON.stringify({
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      {
        type: 'bridge',
        bridge: 'pods0',
        isGateway: true,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          dataDir: file(place, 'addresses'),
          subnet: podRange,
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
    ],
  });

// Containers may be unable to raise their OOM score here, as inside another container.
const runtime = (place: ClusterPlace): string => `version = 2
root = "${file(place, 'containerd/root')}"
state = "${file(place, 'containerd/state')}"
[grpc]
  address = "${socketOf(place)}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${file(place, 'network')}"
`;

const kubelet = (place: ClusterPlace): string =>
  JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    // Nobody reaches it from outside the namespace.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${place.name}`,
    failCgroupV1: false,
    failSwapOn: false,
    containerRuntimeEndpoint: `unix://${socketOf(place)}`,
    enforceNodeAllocatable: [],
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    clusterDNS: [dnsAddress],
    clusterDomain: 'cluster.local',
    // Jobs here are short, and what has ended is of use until the cluster goes.
    syncFrequency: '10s',
  });

const dnsObjects = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: 'kube-system' },
    spec: {
      clusterIP: dnsAddress,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      ],
    },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'kube-dns-node',
      namespace: 'kube-system',
      labels: { 'kubernetes.io/service-name': 'kube-dns' },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [nodeAddress], conditions: { ready: true } }],
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
    ],
  },
];

const nameServer = (place: ClusterPlace): string => `.:53 {
  bind ${nodeAddress}
  kubernetes cluster.local {
    kubeconfig ${kubeconfigOf(place, 'admin')}
  }
}
`;

const succeeds = (work: () => unknown) => (): boolean => {
  try {
    work();
    return true;
  } catch {
    return false;
  }
};

async function startRuntime(place: ClusterPlace): Promise<void> {
  fs.mkdirSync(file(place, 'network'), { recursive: true });
  fs.writeFileSync(file(place, 'network/10-pods.conflist'), network(place));
  fs.writeFileSync(file(place, 'containerd.toml'), runtime(place));
  startInside(place, 'containerd', ['containerd', '--config', file(place, 'containerd.toml')]);
  await waitUntil(
    'containerd',
    succeeds(() => ctr(place, 'version')),
    30_000,
  );
  const archive = await singleFileImage(path.join(place.binaries, 'pause'), place.folder);
  ctr(place, 'images', 'import', archive);
}

function startKubelet(place: ClusterPlace): void {
  fs.writeFileSync(file(place, 'kubelet.yaml'), kubelet(place));
  startInside(place, 'kubelet', [
    'kubelet',
    `--config=${file(place, 'kubelet.yaml')}`,
    `--kubeconfig=${kubeconfigOf(place, 'kubelet')}`,
    '--hostname-override=node1',
    `--node-ip=${nodeAddress}`,
    `--root-dir=${file(place, 'kubelet')}`,
    `--cert-dir=${file(place, 'kubelet/pki')}`,
  ]);
  startInside(place, 'kube-proxy', [
    'kube-proxy',
    `--kubeconfig=${kubeconfigOf(place, 'kube-proxy')}`,
    '--proxy-mode=nftables',
    '--hostname-override=node1',
    '--cluster-cidr=10.244.0.0/16',
    '--conntrack-max-per-core=0',
  ]);
}

/** Adds what runs Pods: a runtime, the kubelet, Service addresses and names. Resolves when the node is ready. */
export async function startWorkerNode(place: ClusterPlace): Promise<void> {
  runInside(place, ['sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv4.conf.all.route_localnet=1']);
  await startRuntime(place);
  const kubectl = (args: string[], input?: string) => runInside(place, ['kubectl', ...args], { input });
  kubectl(['create', 'clusterrolebinding', 'proxy', '--clusterrole=system:node-proxier', '--user=system:kube-proxy']);
  startKubelet(place);
  fs.writeFileSync(file(place, 'Corefile'), nameServer(place));
  startInside(place, 'coredns', ['coredns', '-conf', file(place, 'Corefile')]);
  for (const object of dnsObjects) kubectl(['apply', '-f', '-'], JSON.stringify(object));
  const ready = () => kubectl(['wait', '--for=condition=Ready', 'node/node1', '--timeout=2s']);
  await waitUntil('the node', succeeds(ready), 90_000);
}
