import type { Job, Pod } from '@backstay/shared';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClusterRegistry, createRegistry } from '../registry/create-registry.ts';
import { bash, createJob, eventsOf, getJob, silent, until } from '../test-cluster.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { mutate, placeOf, resources } from './resources.ts';
import { startControllers } from './start-controllers.ts';

let registry: ClusterRegistry;
let clock: FakeClock;
let controllers: { stop(): Promise<void> };

beforeEach(() => {
  clock = createFakeClock(new Date());
  registry = createRegistry({ databaseFile: ':memory:' });
  controllers = startControllers({ registry, clock, logger: silent });
});
afterEach(async () => {
  await controllers.stop();
  registry.close();
});

const template = { spec: bash('true') };
const cluster = () => ({ registry });
const pods = (): Pod[] => registry.list(resources.pods, { namespace: 'default' }).items as Pod[];
const active = (): Pod[] => pods().filter(({ status }) => status?.phase === 'Pending' || status?.phase === 'Running');
const status = (name = 'j') => getJob(cluster(), name)?.status ?? {};
const condition = (type: string) => status().conditions?.find((each) => each.type === type && each.status === 'True');
const activePods = (count: number) =>
  until(
    `${count} active Pods`,
    () => active().length === count && status().active === (count || undefined) && active(),
  );

const end = (pod: Pod, phase: 'Succeeded' | 'Failed'): void => {
  const finishedAt = clock.now().toISOString();
  mutate(registry, {
    resource: resources.pods,
    place: placeOf(pod),
    subresource: 'status',
    change: (copy) => {
      const state = { terminated: { exitCode: phase === 'Failed' ? 1 : 0, finishedAt } };
      const container = { name: 'main', state, ready: false, restartCount: 0, image: '', imageID: '' };
      copy['status'] = { ...(copy as Pod).status, phase, containerStatuses: [container] };
    },
  });
};
const endOne = (phase: 'Succeeded' | 'Failed'): void => {
  const [pod] = active();
  if (pod === undefined) {
    throw new Error('No Pod is active');
  }
  end(pod, phase);
};

describe('a Job that succeeds', () => {
  it('makes one Pod, with the names and labels of Kubernetes, and completes', async () => {
    const job = createJob(cluster(), 'j', { template });
    const [pod] = await activePods(1);
    expect(pod?.metadata.name).toMatch(/^j-[a-z0-9]{5}$/);
    expect(pod?.metadata.labels).toMatchObject({
      'batch.kubernetes.io/job-name': 'j',
      'job-name': 'j',
      'batch.kubernetes.io/controller-uid': job.metadata.uid,
    });
    expect(pod?.metadata.ownerReferences).toEqual([
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        name: 'j',
        uid: job.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    endOne('Succeeded');
    await until('Complete', () => condition('Complete'));
    expect(condition('SuccessCriteriaMet')?.reason).toBe('CompletionsReached');
    expect(status()).toMatchObject({ succeeded: 1, completionTime: expect.any(String) });
    expect(status().active).toBeUndefined();
    expect(pods()[0]?.metadata.finalizers).toBeUndefined();
    expect(eventsOf(cluster(), 'j').map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['SuccessfulCreate', 'Completed']),
    );
  });

  it('keeps to parallelism and completions', async () => {
    createJob(cluster(), 'j', { template, parallelism: 2, completions: 5 });
    for (const left of [2, 2, 2, 2, 1]) {
      await activePods(left);
      endOne('Succeeded');
    }
    await until('Complete', () => condition('Complete'));
    expect(pods()).toHaveLength(5);
    expect(status().succeeded).toBe(5);
  });
});

describe('a Job that fails', () => {
  it('fails with the reason of Kubernetes and never changes again', async () => {
    createJob(cluster(), 'j', { template, backoffLimit: 0 });
    await activePods(1);
    endOne('Failed');
    const failed = await until('Failed', () => condition('Failed'));
    expect(failed).toMatchObject({
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    });
    expect(condition('FailureTarget')?.reason).toBe('BackoffLimitExceeded');
    const before = JSON.stringify(status());
    const [pod] = pods();
    registry.delete(resources.pods, { namespace: 'default', name: pod?.metadata.name ?? '' });
    clock.advance(3_600_000);
    createJob(cluster(), 'other', { template });
    await until('the other Pod', () => active().length === 1);
    expect(JSON.stringify(status())).toBe(before);
  });

  it('waits twice as long before each new try', async () => {
    createJob(cluster(), 'j', { template, backoffLimit: 3 });
    for (const wait of [10_000, 20_000, 40_000]) {
      await activePods(1);
      endOne('Failed');
      await until('no active Pod', () => status().active === undefined);
      clock.advance(wait - 1500);
      await new Promise((turn) => setImmediate(turn));
      expect(active()).toEqual([]);
      clock.advance(2000);
    }
    await activePods(1);
    endOne('Failed');
    await until('Failed', () => condition('Failed'));
    expect(status().failed).toBe(4);
  });

  it('ends at its deadline, once its Pods have ended', async () => {
    createJob(cluster(), 'j', { template, activeDeadlineSeconds: 60 });
    const [pod] = await activePods(1);
    clock.advance(61_000);
    await until('FailureTarget', () => condition('FailureTarget'));
    await until('the deletion', () => pods()[0]?.metadata.deletionTimestamp);
    expect(condition('Failed')).toBeUndefined();
    registry.delete(
      resources.pods,
      { namespace: 'default', name: pod?.metadata.name ?? '' },
      { gracePeriodSeconds: 0 },
    );
    const failed = await until('Failed', () => condition('Failed'));
    expect(failed.reason).toBe('DeadlineExceeded');
    expect(failed.message).toBe('Job was active longer than specified deadline');
    expect(status().failed).toBe(1);
  });
});

describe('changes while it runs', () => {
  const change = (spec: Partial<Job['spec']>) =>
    mutate(registry, {
      resource: resources.jobs,
      place: { namespace: 'default', name: 'j' },
      change: (copy) => Object.assign(copy['spec'] as object, spec),
    });

  it('suspends without counting a failure, and resumes', async () => {
    createJob(cluster(), 'j', { template });
    const [pod] = await activePods(1);
    change({ suspend: true });
    await until('Suspended', () => condition('Suspended'));
    registry.delete(
      resources.pods,
      { namespace: 'default', name: pod?.metadata.name ?? '' },
      { gracePeriodSeconds: 0 },
    );
    await until('no Pods', () => pods().length === 0);
    expect(status().failed ?? 0).toBe(0);
    change({ suspend: false });
    await activePods(1);
    expect(condition('Suspended')).toBeUndefined();
  });

  it('counts each result once through restarts of the controller at any moment', async () => {
    createJob(cluster(), 'j', { template, parallelism: 3, completions: 9, backoffLimit: 20 });
    for (let round = 0; !condition('Complete'); round += 1) {
      await until('a Pod or the end', () => active().length > 0 || condition('Complete'));
      for (const [index, pod] of active().slice(0, 2).entries()) {
        end(pod, (round + index) % 4 === 3 ? 'Failed' : 'Succeeded');
      }
      await controllers.stop();
      clock.advance(700_000);
      controllers = startControllers({ registry, clock, logger: silent });
    }
    const phases = pods().map((pod) => pod.status?.phase);
    expect(status().succeeded).toBe(9);
    expect(phases.filter((phase) => phase === 'Succeeded')).toHaveLength(9);
    expect(status().failed).toBe(phases.filter((phase) => phase === 'Failed').length);
  });

  it('goes with its Pods after its time to live', async () => {
    createJob(cluster(), 'j', { template, ttlSecondsAfterFinished: 30 });
    await activePods(1);
    endOne('Succeeded');
    await until('Complete', () => condition('Complete'));
    clock.advance(29_000);
    await new Promise((turn) => setImmediate(turn));
    expect(getJob(cluster(), 'j')).toBeDefined();
    clock.advance(2000);
    await until('its end', () => getJob(cluster(), 'j') === undefined && pods().length === 0);
  });

  it('lets its Pods go when it is deleted', async () => {
    createJob(cluster(), 'j', { template });
    await activePods(1);
    registry.delete(resources.jobs, { namespace: 'default', name: 'j' });
    const pod = await until('the deletion', () => pods().find(({ metadata }) => metadata.deletionTimestamp));
    await until('no finalizer', () => pods()[0]?.metadata.finalizers === undefined);
    registry.delete(resources.pods, { namespace: 'default', name: pod.metadata.name }, { gracePeriodSeconds: 0 });
    expect(pods()).toEqual([]);
  });

  it('gives a namespace its ServiceAccount and forgets old events', async () => {
    registry.create(resources.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'fresh' } });
    await until('the account', () => registry.get(resources.serviceAccounts, 'fresh', 'default'));
    createJob(cluster(), 'j', { template });
    await until('an event', () => eventsOf(cluster(), 'j').length > 0);
    clock.advance(3_700_000);
    await until('no event', () => eventsOf(cluster(), 'j').length === 0);
  });
});
