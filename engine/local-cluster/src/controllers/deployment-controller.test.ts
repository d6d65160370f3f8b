import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bash, startTestCluster, type TestCluster, until } from '../test-cluster.ts';
import { mutate, resources } from './resources.ts';
import type { Workload } from './workload.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = startTestCluster();
});
afterEach(() => cluster.stop());

const place = { namespace: 'default', name: 'web' };
const create = (replicas: number): void => {
  cluster.registry.create(resources.deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...place },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: bash('exec sleep 300', { restartPolicy: 'Always' }) },
    },
  });
};
const get = () => cluster.registry.get(resources.deployments, 'default', 'web') as Workload | undefined;
const pods = () => cluster.registry.list(resources.pods, { labelSelector: 'app=web' }).items;
const replicaSets = () => cluster.registry.list(resources.replicaSets).items as Workload[];
const available = (count: number) =>
  until(`${count} available`, () => get()?.status?.['availableReplicas'] === count && pods().length === count);

describe('a Deployment', () => {
  it('keeps its Pods, scales, rolls out a new template and goes with all of them', async () => {
    create(2);
    await available(2);
    cluster.registry.delete(
      resources.pods,
      { namespace: 'default', name: pods()[0]?.metadata.name ?? '' },
      { gracePeriodSeconds: 0 },
    );
    await available(2);
    mutate(cluster.registry, {
      resource: resources.deployments,
      place,
      change: (copy) => {
        (copy as Workload).spec.replicas = 1;
      },
    });
    await available(1);
    const [old] = pods();
    mutate(cluster.registry, {
      resource: resources.deployments,
      place,
      change: (copy) => {
        (copy as Workload).spec.template.spec = bash('exec sleep 301', { restartPolicy: 'Always' });
      },
    });
    await until('the new Pod alone', () => pods().length === 1 && pods()[0]?.metadata.uid !== old?.metadata.uid);
    expect(
      replicaSets()
        .map(({ spec }) => spec.replicas)
        .sort(),
    ).toEqual([0, 1]);
    await until('the status', () => get()?.status?.['updatedReplicas'] === 1);
    cluster.registry.delete(resources.deployments, place);
    await until('nothing left', () => pods().length === 0 && replicaSets().length === 0);
  });
});
