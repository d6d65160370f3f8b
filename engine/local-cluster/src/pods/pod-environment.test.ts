import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bash,
  createConfigMap,
  createPod,
  createSecret,
  getPod,
  podFolder,
  podOutput,
  startTestCluster,
  type TestCluster,
  until,
} from '../test-cluster.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = startTestCluster({ environment: { FROM_RUNNER: 'yes' } });
});
afterEach(() => cluster.stop());

describe('the environment', () => {
  it('is clean but for the machine, the Pod and what it names', async () => {
    process.env['BACKSTAY_TEST_LEAK'] = 'leaked';
    createSecret(cluster, 's', { ONE: '1', PATHLIKE: '/m/x', TEXT: 'in /m/x' });
    createConfigMap(cluster, 'c', { two: '2' });
    const env = [
      { name: 'A', value: 'a$(pre_two)' },
      { name: 'B', value: '$(A)-$$(A)-$(NOPE) /m/y' },
      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 's', key: 'ONE' } } },
      { name: 'NO', valueFrom: { secretKeyRef: { name: 'none', key: 'ONE', optional: true } } },
    ];
    const envFrom = [{ secretRef: { name: 's' } }, { prefix: 'pre_', configMapRef: { name: 'c' } }];
    const spec = bash('env; echo "arg $0"', {
      container: {
        env,
        envFrom,
        command: ['bash', '-c', 'env; echo "arg $0"', '$(A)'],
        volumeMounts: [{ name: 'e', mountPath: '/m' }],
      },
      volumes: [{ name: 'e', emptyDir: {} }],
    });
    createPod(cluster, 'p', spec);
    const lines = (await podOutput(cluster, 'p')).split('\n');
    delete process.env['BACKSTAY_TEST_LEAK'];
    const real = `${podFolder(cluster, 'p')}/volumes/e`;
    const wanted = ['FROM_RUNNER=yes', 'A=a2', `B=a2-$(A)-$(NOPE) ${real}/y`, 'POD=p', 'APP=it', 'KEY=1', 'ONE=1'];
    expect(lines).toEqual(expect.arrayContaining([...wanted, `PATHLIKE=${real}/x`, 'TEXT=in /m/x', 'arg a2']));
    expect(lines.filter((line) => /^(NO|BACKSTAY_TEST_LEAK)=/.test(line))).toEqual([]);
  });

  it('waits for a missing reference', async () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'late', key: 'a' } } }];
    createPod(cluster, 'p', bash('echo $A', { container: { env } }));
    await until('the reason', () => {
      const waiting = getPod(cluster, 'p')?.status?.containerStatuses?.[0]?.state?.waiting;
      return waiting?.reason === 'CreateContainerConfigError' && waiting.message === 'configmap "late" not found';
    });
    createConfigMap(cluster, 'late', { a: 'came' });
    expect(await podOutput(cluster, 'p')).toBe('came\n');
  });
});
