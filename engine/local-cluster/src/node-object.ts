import os from 'node:os';
import { type Clock, timestamp } from './clock.ts';
import { gitVersion } from './http/version.ts';
import { localNodeName } from './kinds/pods.ts';
import type { ObjectRegistry } from './registry/object-registry.ts';

const nodes = { group: '', version: 'v1', plural: 'nodes' };

/** Describes this machine as the cluster's one node. */
export function ensureNode(registry: ObjectRegistry, clock: Clock): void {
  const node =
    registry.get(nodes, undefined, localNodeName) ??
    registry.create(nodes, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: localNodeName,
        labels: { 'kubernetes.io/hostname': localNodeName, 'kubernetes.io/os': process.platform },
      },
      spec: {},
    });
  registry.update(nodes, { ...node, status: nodeStatus(timestamp(clock.now())) }, { subresource: 'status' });
}

function nodeStatus(now: string) {
  const capacity = {
    cpu: String(os.availableParallelism()),
    memory: `${Math.floor(os.totalmem() / 1024)}Ki`,
    pods: '110',
  };
  return {
    capacity,
    allocatable: capacity,
    addresses: [
      { type: 'InternalIP', address: '127.0.0.1' },
      { type: 'Hostname', address: os.hostname() },
    ],
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'ProcessesRun',
        message: 'Pods run as processes of this machine',
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      },
    ],
    nodeInfo: {
      machineID: '',
      systemUUID: '',
      bootID: '',
      kernelVersion: os.release(),
      osImage: `${os.type()} ${os.release()}`,
      containerRuntimeVersion: 'process://1',
      kubeletVersion: gitVersion,
      kubeProxyVersion: '',
      operatingSystem: process.platform,
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    },
  };
}
