import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** Where one cluster lies on this machine: its binaries, its files, its network namespace. */
export interface ClusterPlace {
  /** Name of the network namespace and of the cgroups. */
  readonly name: string;
  /** Folder of kube-apiserver, etcd and the others. */
  readonly binaries: string;
  /** State, removed with the cluster. */
  readonly folder: string;
}

/** Address of the node and of the API server, inside the namespace only. */
export const nodeAddress = '10.99.0.1';
export const dnsAddress = '10.96.0.10';
export const serviceRange = '10.96.0.0/16';
export const podRange = '10.244.0.0/24';
export const serverUrl = `https://${nodeAddress}:6443`;

export const kubeconfigOf = ({ folder }: ClusterPlace, user: string): string => path.join(folder, `${user}.kubeconfig`);

const environmentOf = (place: ClusterPlace): NodeJS.ProcessEnv => ({
  ...process.env,
  KUBECONFIG: kubeconfigOf(place, 'admin'),
  PATH: `${place.binaries}:${process.env['PATH'] ?? ''}`,
});

/** Only the network is entered: `ip netns exec` would also replace the mount of the cgroups, which the kubelet needs. */
const entering = ({ name }: ClusterPlace, command: readonly string[]): string[] => [
  `--net=/run/netns/${name}`,
  ...command,
];

export interface RunOptions {
  readonly input?: string;
  /** Milliseconds. Default: 60 s. */
  readonly timeout?: number;
}

/** Runs a command inside the namespace, as the administrator of the cluster; returns its output. Throws with its errors. */
export function runInside(place: ClusterPlace, command: readonly string[], options: RunOptions = {}): string {
  return execFileSync('nsenter', entering(place, command), {
    env: environmentOf(place),
    stdio: ['pipe', 'pipe', 'pipe'],
    input: options.input ?? '',
    timeout: options.timeout ?? 60_000,
    maxBuffer: 1 << 28,
  }).toString();
}

/** Starts a program of the cluster that lives until the cluster is stopped, also when this process ends. */
export function startInside(place: ClusterPlace, name: string, command: readonly string[]): void {
  const log = fs.openSync(path.join(place.folder, 'log', `${name}.log`), 'a');
  const child = spawn('nsenter', entering(place, command), {
    env: environmentOf(place),
    stdio: ['ignore', log, log],
    detached: true,
  });
  fs.closeSync(log);
  child.unref();
  fs.writeFileSync(path.join(place.folder, `${name}.pid`), String(child.pid));
}

/** Last lines of every log, for the error of a cluster that did not start. */
export function logTails({ folder }: ClusterPlace, lines = 8): string {
  const logs = path.join(folder, 'log');
  return fs
    .readdirSync(logs)
    .map((file) => `${file}:\n${fs.readFileSync(path.join(logs, file), 'utf8').split('\n').slice(-lines).join('\n')}`)
    .join('\n');
}
