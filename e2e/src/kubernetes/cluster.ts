import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClusterPlace, logTails, nodeAddress, type RunOptions, runInside } from './cluster-place.ts';
import { startControlPlane } from './control-plane.ts';
import { ctr, startWorkerNode } from './worker-node.ts';

/** A Kubernetes of one node in a network namespace of its own; its Pods are containers of this machine. */
export interface Cluster {
  /** Runs `kubectl` as the administrator; returns its output. Throws with its errors. */
  kubectl(args: readonly string[], options?: RunOptions): string;
  /** Runs any command inside the namespace, where Services can be reached. */
  run(command: readonly string[], options?: RunOptions): string;
  /** Makes an image archive known to the node, under its own name or `reference`. */
  load(archive: string): void;
  /** Kills the processes of a Pod's containers outright, as a crash of their node would. */
  crash(namespace: string, pod: string): void;
  stop(): Promise<void>;
}

export const defaultPlace = (binaries: string): ClusterPlace => ({
  name: process.env['BACKSTAY_CLUSTER'] ?? 'backstay-e2e',
  binaries,
  folder: path.join(os.tmpdir(), process.env['BACKSTAY_CLUSTER'] ?? 'backstay-e2e-cluster'),
});

const quietly = (command: string, args: string[]): void => {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
  } catch {
    // Gone already.
  }
};

const cgroups = (): string[] => {
  const base = '/sys/fs/cgroup';
  if (fs.existsSync(path.join(base, 'cgroup.controllers'))) return [base];
  return fs.readdirSync(base).map((name) => path.join(base, name));
};

function makeNamespace({ name, folder }: ClusterPlace): void {
  fs.mkdirSync(path.join(folder, 'log'), { recursive: true });
  execFileSync('ip', ['netns', 'add', name]);
  for (const args of [
    ['link', 'set', 'lo', 'up'],
    ['addr', 'add', `${nodeAddress}/32`, 'dev', 'lo'],
    ['route', 'add', 'default', 'dev', 'lo'],
  ]) {
    execFileSync('ip', ['-n', name, ...args]);
  }
  // A kubelet removes every cgroup below its root that it does not know.
  for (const folder of cgroups()) fs.mkdirSync(path.join(folder, name), { recursive: true });
}

/** Starts it, or throws with the ends of its logs, leaving nothing behind. Takes about 25 s. */
export async function startCluster(place: ClusterPlace): Promise<Cluster> {
  await stopCluster(place);
  try {
    makeNamespace(place);
    await startControlPlane(place);
    await startWorkerNode(place);
    return clusterAt(place);
  } catch (error) {
    const logs = fs.existsSync(place.folder) ? logTails(place) : '';
    await stopCluster(place);
    throw new Error(`The cluster did not start: ${error instanceof Error ? error.message : String(error)}\n${logs}`, {
      cause: error,
    });
  }
}

/** The cluster that runs at a place. */
export const clusterAt = (place: ClusterPlace): Cluster => ({
  kubectl: (args, options) => runInside(place, ['kubectl', ...args], options),
  run: (command, options) => runInside(place, command, options),
  load: (archive) => void ctr(place, 'images', 'import', archive),
  crash: (namespace, pod) => {
    const path = '{.status.containerStatuses[*].containerID}';
    const ids = runInside(place, ['kubectl', '-n', namespace, 'get', 'pod', pod, '-o', `jsonpath=${path}`]);
    for (const id of ids.split(' ')) ctr(place, 'tasks', 'kill', '-s', '9', id.replace('containerd://', ''));
  },
  stop: () => stopCluster(place),
});

const pidIn = (file: string): number | undefined => {
  const pid = Number(fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');
  return pid > 0 ? pid : undefined;
};

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already.
  }
};

const processesIn = (name: string): number[] => {
  try {
    const pids = execFileSync('ip', ['netns', 'pids', name], { stdio: ['ignore', 'pipe', 'ignore'] });
    return pids.toString().split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

async function stopContainers(place: ClusterPlace): Promise<void> {
  if (!fs.existsSync(path.join(place.folder, 'containerd.sock'))) return;
  // The kubelet first, so that no container comes back.
  const kubelet = pidIn(path.join(place.folder, 'kubelet.pid'));
  if (kubelet !== undefined) signal(kubelet, 'SIGKILL');
  try {
    const tasks = ctr(place, 'tasks', 'list', '-q').split('\n').filter(Boolean);
    for (const task of tasks) quietly('ctr', killArguments(place, task));
  } catch {
    // The runtime is gone; its containers are found by their namespace or mounts.
  }
  await sleep(500);
}

const killArguments = ({ folder }: ClusterPlace, task: string): string[] => [
  ...['-a', path.join(folder, 'containerd.sock'), '-n', 'k8s.io'],
  ...['tasks', 'kill', '-s', '9', task],
];

/** What the network plugins noted of Pods that never ended in order. */
function removeNetworkRecords({ folder }: ClusterPlace): void {
  const records = '/var/lib/cni/results';
  const files = fs.existsSync(records) ? fs.readdirSync(records).map((name) => path.join(records, name)) : [];
  for (const file of files) {
    if (fs.readFileSync(file, 'utf8').includes(`${folder}/`)) fs.rmSync(file, { force: true });
  }
}

/** Stops every process of the cluster at a place and removes its files, mounts, cgroups and namespace. May be repeated. */
export async function stopCluster(place: ClusterPlace): Promise<void> {
  const { folder, name } = place;
  await stopContainers(place);
  for (let round = 0; round < 20 && processesIn(name).length > 0; round += 1) {
    for (const pid of processesIn(name)) signal(pid, 'SIGKILL');
    await sleep(200);
  }
  const mounts = fs.readFileSync('/proc/mounts', 'utf8').split('\n');
  const ours = mounts.map((line) => line.split(' ')[1] ?? '').filter((target) => target.startsWith(`${folder}/`));
  for (const target of ours.sort().reverse()) quietly('umount', ['-l', target]);
  quietly('ip', ['netns', 'del', name]);
  fs.rmSync(folder, { recursive: true, force: true });
  removeNetworkRecords(place);
  for (const parent of fs.existsSync('/sys/fs/cgroup') ? cgroups() : []) {
    const ours = path.join(parent, name);
    if (fs.existsSync(ours)) quietly('find', [ours, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';']);
  }
}
