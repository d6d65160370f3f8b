import { accessSync, constants, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job, Pod, PodSpec } from '@backstay/shared';
import { pino } from 'pino';
import type { Clock } from './controllers/clock.ts';
import { resources } from './controllers/resources.ts';
import { startControllers } from './controllers/start-controllers.ts';
import type { PodLogRequest } from './pods/pod-logs.ts';
import { startOf } from './pods/process-table.ts';
import { type PodRunner, type PodRunnerOptions, startPodRunner } from './pods/start-pod-runner.ts';
import { type ClusterRegistry, createRegistry } from './registry/create-registry.ts';

/* What the tests of controllers and Pods share: a registry on the disk, with real processes. */

export interface TestCluster {
  home: string;
  registry: ClusterRegistry;
  runner: PodRunner;
  /** What the runner wrote to its log. */
  complaints: readonly string[];
  stopControllers(): Promise<void>;
  stop(): Promise<void>;
}

export const silent = pino({ level: 'silent' });

const inMemory = '/dev/shm';
const roomNeeded = 1024 ** 3;

/** Whether there is a file system in memory with room, where programs may be started. */
const isUsable = (folder: string): boolean => {
  try {
    const { bavail, bsize } = statfsSync(folder);
    const probe = mkdtempSync(join(folder, 'backstay-probe-'));
    writeFileSync(join(probe, 'run'), '', { mode: 0o700 });
    try {
      accessSync(join(probe, 'run'), constants.X_OK);
    } finally {
      rmSync(probe, { recursive: true });
    }
    return bavail * bsize >= roomNeeded;
  } catch {
    return false;
  }
};

/** Spares tests the waits for a disk: what they kill is a process, never the machine. */
const parentFolder = isUsable(inMemory) ? inMemory : tmpdir();

export const temporaryFolder = (): string => mkdtempSync(join(parentFolder, 'backstay-test-'));

export const startTestCluster = (
  options: Partial<PodRunnerOptions> & { home?: string; clock?: Clock } = {},
): TestCluster => {
  const home = options.home ?? temporaryFolder();
  const registry = createRegistry({ databaseFile: join(home, 'cluster.db') });
  const controllers = startControllers({ registry, logger: silent, clock: options.clock });
  const complaints: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => void complaints.push(line) });
  const runner = startPodRunner({ registry, logger, node: 'local', ...options, home });
  return {
    home,
    registry,
    runner,
    complaints,
    stopControllers: controllers.stop,
    stop: async () => {
      await controllers.stop();
      await runner.stop();
      registry.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
};

/** Waits until the value is there, looking often; fails after 20 seconds with what was awaited. */
export const until = async <T>(what: string, look: () => T | undefined | false): Promise<T> => {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) {
      return found;
    }
    if (Date.now() > deadline) {
      throw new Error(`It did not happen in time: ${what}`);
    }
    await new Promise((wake) => setTimeout(wake, 10));
  }
};

export const bash = (script: string, more: Partial<PodSpec> & { container?: object } = {}): PodSpec => {
  const { container, ...spec } = more;
  return {
    restartPolicy: 'Never',
    ...spec,
    containers: [{ name: 'main', image: 'any', command: ['bash', '-c', script], ...container }],
  };
};

export const createPod = ({ registry }: TestCluster, name: string, spec: PodSpec): Pod =>
  registry.create(resources.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: 'it' } },
    spec,
  }) as Pod;

export const createSecret = (
  { registry }: { registry: ClusterRegistry },
  name: string,
  stringData: Record<string, string> = {},
): void => {
  const metadata = { name, namespace: 'default' };
  registry.create(resources.secrets, { apiVersion: 'v1', kind: 'Secret', metadata, stringData });
};

export const createConfigMap = (
  { registry }: { registry: ClusterRegistry },
  name: string,
  data: Record<string, string>,
): void => {
  const metadata = { name, namespace: 'default' };
  registry.create(resources.configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
};

export const getPod = ({ registry }: TestCluster, name: string): Pod | undefined =>
  registry.get(resources.pods, 'default', name) as Pod | undefined;

export const podEnded = (cluster: TestCluster, name: string): Promise<Pod> =>
  until(`the end of Pod ${name}`, () => {
    const pod = getPod(cluster, name);
    return (pod?.status?.phase === 'Succeeded' || pod?.status?.phase === 'Failed') && pod;
  });

export const terminated = (pod: Pod) => pod.status?.containerStatuses?.[0]?.state?.terminated;

export const createJob = (
  { registry }: { registry: ClusterRegistry },
  name: string,
  spec: Partial<Job['spec']> & { template: { spec: PodSpec } },
): Job =>
  registry.create(resources.jobs, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec,
  }) as Job;

export const getJob = ({ registry }: { registry: ClusterRegistry }, name: string): Job | undefined =>
  registry.get(resources.jobs, 'default', name) as Job | undefined;

export const jobEnded = (cluster: { registry: ClusterRegistry }, name: string): Promise<Job> =>
  until(`the end of Job ${name}`, () => {
    const job = getJob(cluster, name);
    return job?.status?.conditions?.some(({ type }) => type === 'Complete' || type === 'Failed') && job;
  });

export const eventsOf = ({ registry }: { registry: ClusterRegistry }, name: string) =>
  registry
    .list(resources.events, { namespace: 'default' })
    .items.filter(({ involvedObject }) => (involvedObject as { name: string }).name === name)
    .map(({ reason, message, count }) => ({ reason, message, count }));

export const readLog = async (
  { runner }: TestCluster,
  pod: Pod,
  more: Partial<PodLogRequest> = {},
): Promise<Buffer> => {
  const parts: Uint8Array[] = [];
  const request: PodLogRequest = {
    namespace: 'default',
    pod: pod.metadata.name,
    uid: pod.metadata.uid ?? '',
    container: 'main',
    follow: false,
    timestamps: false,
    signal: new AbortController().signal,
    ...more,
  };
  for await (const part of runner.logs.read(request)) {
    parts.push(part);
  }
  return Buffer.concat(parts);
};

export const podFolder = (cluster: TestCluster, name: string): string =>
  join(cluster.home, 'pods', getPod(cluster, name)?.metadata.uid ?? '');

/** What a Pod wrote until its end. */
export const podOutput = async (cluster: TestCluster, name: string): Promise<string> =>
  (await readLog(cluster, await podEnded(cluster, name))).toString();

/** Whether the process still works; one that only waits to be buried does not. */
export const isAlive = (pid: number): boolean => startOf(pid) !== undefined;
