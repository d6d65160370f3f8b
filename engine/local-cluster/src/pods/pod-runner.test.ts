import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resources } from '../controllers/resources.ts';
import {
  bash,
  createPod,
  eventsOf,
  getPod,
  isAlive,
  podEnded,
  readLog,
  startTestCluster,
  type TestCluster,
  temporaryFolder,
  terminated,
  until,
} from '../test-cluster.ts';

let cluster: TestCluster;
beforeEach(() => {
  cluster = startTestCluster({
    environment: { FROM_RUNNER: 'yes' },
    restartDelays: { first: 20, longest: 100 },
    stopGrace: 2000,
  });
});
afterEach(() => cluster.stop());

const secret = (name: string, stringData: Record<string, string>) =>
  cluster.registry.create(resources.secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'default' },
    stringData,
  });
const configMap = (name: string, data: Record<string, string>) =>
  cluster.registry.create(resources.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data,
  });
const folderOf = (name: string): string => join(cluster.home, 'pods', getPod(cluster, name)?.metadata.uid ?? '');
const outputOf = async (name: string): Promise<string> =>
  (await readLog(cluster, await podEnded(cluster, name))).toString();
const pidFrom = (file: string): Promise<number> =>
  until(`a pid in ${file}`, () => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0) || undefined);

describe('the end of a container', () => {
  it.each([
    ['exit 0', 'Succeeded', { exitCode: 0, reason: 'Completed' }],
    ['exit 3', 'Failed', { exitCode: 3, reason: 'Error' }],
    ['kill -KILL $BASHPID', 'Failed', { exitCode: 137, signal: 9, reason: 'Error' }],
    ['kill -TERM $BASHPID', 'Failed', { exitCode: 143, signal: 15, reason: 'Error' }],
  ])('%s', async (script, phase, how) => {
    createPod(cluster, 'p', bash(script));
    const pod = await podEnded(cluster, 'p');
    expect(pod.status?.phase).toBe(phase);
    expect(terminated(pod)).toMatchObject(how);
  });

  it('tells that a command does not exist', async () => {
    createPod(cluster, 'p', bash('', { container: { command: ['no-such-tool'] } }));
    expect(terminated(await podEnded(cluster, 'p'))).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
      message: expect.stringContaining('"no-such-tool": executable file not found in $PATH'),
    });
  });

  it('tells that an image does not run by itself', async () => {
    createPod(cluster, 'p', bash('', { container: { command: undefined, args: ['serve'] } }));
    const pod = await podEnded(cluster, 'p');
    expect(terminated(pod)).toMatchObject({ exitCode: 128, message: expect.stringContaining('needs "command"') });
    expect(pod.status?.containerStatuses?.[0]?.imageID).toContain('local process');
  });

  it('tells that its environment is too large', async () => {
    secret('large', { VALUE: 'x'.repeat(400_000) });
    createPod(cluster, 'p', bash('true', { container: { envFrom: [{ secretRef: { name: 'large' } }] } }));
    expect(terminated(await podEnded(cluster, 'p'))).toMatchObject({
      exitCode: 128,
      reason: 'StartError',
      message: expect.stringContaining('E2BIG'),
    });
  });

  it('kills what a container left in its group', async () => {
    const file = join(cluster.home, 'pid');
    createPod(cluster, 'p', bash(`sleep 300 & echo $! > ${file}`));
    await podEnded(cluster, 'p');
    const child = await pidFrom(file);
    await until('the child to end', () => !isAlive(child));
  });
});

describe('init containers and restarts', () => {
  const marker = (name: string) => join(cluster.home, name);

  it('runs init containers in order, and no container after a failed one', async () => {
    const init = (name: string, script: string) => ({ name, image: 'any', command: ['bash', '-c', script] });
    const spec = bash('echo main', {
      initContainers: [init('one', `echo 1 >> ${marker('o')}`), init('two', `echo 2 >> ${marker('o')}; exit 4`)],
    });
    createPod(cluster, 'p', spec);
    const pod = await podEnded(cluster, 'p');
    expect(readFileSync(marker('o'), 'utf8')).toBe('1\n2\n');
    expect(pod.status?.phase).toBe('Failed');
    expect(pod.status?.initContainerStatuses?.[1]?.state?.terminated?.exitCode).toBe(4);
    expect(pod.status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('PodInitializing');
  });

  it('runs again on failure until it succeeds', async () => {
    const script = `echo x >> ${marker('n')}; wc -l < ${marker('n')}; [ $(wc -l < ${marker('n')}) = 4 ]`;
    createPod(cluster, 'p', bash(script, { restartPolicy: 'OnFailure' }));
    const pod = await podEnded(cluster, 'p');
    expect(pod.status?.phase).toBe('Succeeded');
    expect(pod.status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 3,
      lastState: { terminated: { exitCode: 1 } },
    });
    expect(eventsOf(cluster, 'p').map(({ reason }) => reason)).toContain('BackOff');
    expect((await readLog(cluster, pod)).toString()).toBe('4\n');
    expect((await readLog(cluster, pod, { run: 2 })).toString()).toBe('3\n');
    // Of runs that are long past nothing is kept.
    expect((await readLog(cluster, pod, { run: 0 })).toString()).toBe('');
  });
});

describe('volumes', () => {
  it('mounts them with the rights of Kubernetes and rewrites paths where scripts name them', async () => {
    secret('s', { key: '/mnt/init stays', 'run.sh': '#!/bin/sh\ncat /mnt/c/text' });
    configMap('c', { text: 'see /mnt/init and /mnt/init2', other: 'no' });
    const spec = bash(
      'ls -l /mnt/s | tr -s " " | cut -d" " -f1,9; cat /mnt/s/key; /mnt/s/run.sh; ls /mnt/c; ls -d /mnt/e/sub',
      {
        container: {
          volumeMounts: [
            { name: 's', mountPath: '/mnt/s' },
            { name: 'c', mountPath: '/mnt/c/' },
            { name: 'e', mountPath: '/mnt/init' },
            { name: 'e', mountPath: '/mnt/e/sub', subPath: 'a/b' },
          ],
        },
        volumes: [
          { name: 's', secret: { secretName: 's', defaultMode: 0o755 } },
          { name: 'c', configMap: { name: 'c', items: [{ key: 'text', path: 'text' }] } },
          { name: 'e', emptyDir: {} },
        ],
      },
    );
    createPod(cluster, 'p', spec);
    const output = await outputOf('p');
    const folder = folderOf('p');
    expect(output).toContain('-rwx------ key');
    expect(output).toContain('/mnt/init stays');
    expect(output).toContain(`see ${folder}/volumes/e and /mnt/init2text\n${folder}/volumes/e/a/b`);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(existsSync(join(folder, 'files'))).toBe(false);
  });

  it('waits for a missing Secret, says so, and goes on when it appears', async () => {
    const spec = bash('cat /mnt/s/key', {
      container: { volumeMounts: [{ name: 's', mountPath: '/mnt/s' }] },
      volumes: [{ name: 's', secret: { secretName: 'late' } }],
    });
    createPod(cluster, 'p', spec);
    await until('FailedMount', () => eventsOf(cluster, 'p').some(({ reason }) => reason === 'FailedMount'));
    expect(getPod(cluster, 'p')?.status?.phase).toBe('Pending');
    expect(eventsOf(cluster, 'p')[0]?.message).toContain('secret "late" not found');
    secret('late', { key: 'here' });
    expect(await outputOf('p')).toBe('here');
  });

  it('refuses paths that lead out of a volume', async () => {
    configMap('c', { a: 'x' });
    const spec = bash('true', {
      container: { volumeMounts: [{ name: 'e', mountPath: '/m', subPath: 'a/../../../x' }] },
      volumes: [{ name: 'e', emptyDir: {} }],
    });
    try {
      createPod(cluster, 'p', spec);
    } catch (error) {
      expect(String(error)).toContain('..');
      return;
    }
    const event = await until('FailedMount', () => eventsOf(cluster, 'p')[0]);
    expect(event.message).toContain('leads out of its volume');
  });

  it('keeps the folder of a claim through Pods, until the claim goes', async () => {
    cluster.registry.create(resources.claims, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'default' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    await until('a bound claim', () => {
      const claim = cluster.registry.get(resources.claims, 'default', 'data');
      return (claim?.['status'] as { phase?: string } | undefined)?.phase === 'Bound';
    });
    const withClaim = (script: string) =>
      bash(script, {
        container: { volumeMounts: [{ name: 'd', mountPath: '/data' }] },
        volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }],
      });
    createPod(cluster, 'writer', withClaim('echo kept > /data/f'));
    await podEnded(cluster, 'writer');
    createPod(cluster, 'reader', withClaim('cat /data/f'));
    expect(await outputOf('reader')).toBe('kept\n');
    const uid = cluster.registry.get(resources.claims, 'default', 'data')?.metadata.uid ?? '';
    cluster.registry.delete(resources.claims, { namespace: 'default', name: 'data' });
    await until('no folder', () => !existsSync(join(cluster.home, 'volumes', uid)));
  });
});

describe('the environment', () => {
  it('is clean but for the machine, the Pod and what it names', async () => {
    process.env['BACKSTAY_TEST_LEAK'] = 'leaked';
    secret('s', { ONE: '1', PATHLIKE: '/m/x', TEXT: 'in /m/x' });
    configMap('c', { two: '2' });
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
    const lines = (await outputOf('p')).split('\n');
    delete process.env['BACKSTAY_TEST_LEAK'];
    const real = `${folderOf('p')}/volumes/e`;
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
    configMap('late', { a: 'came' });
    expect(await outputOf('p')).toBe('came\n');
  });
});

describe('deletion', () => {
  const running = (name: string) =>
    until(`Pod ${name} to run`, () => getPod(cluster, name)?.status?.phase === 'Running' || undefined);

  it('lets processes end in peace, then removes Pod and folder', async () => {
    const file = join(cluster.home, 'said');
    const script = `trap 'echo bye > ${file}; exit 0' TERM; echo $BASHPID > ${file}.pid; while :; do sleep 0.05; done`;
    const pod = createPod(cluster, 'p', bash(script));
    const pid = await pidFrom(`${file}.pid`);
    cluster.registry.delete(resources.pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 20 });
    expect(getPod(cluster, 'p')?.metadata.deletionTimestamp).toBeDefined();
    await until('the Pod to go', () => getPod(cluster, 'p') === undefined);
    expect(readFileSync(file, 'utf8')).toBe('bye\n');
    expect(isAlive(pid)).toBe(false);
    await until('the folder to go', () => !existsSync(join(cluster.home, 'pods', pod.metadata.uid ?? '')));
  });

  it('kills the whole group of what does not end in time', async () => {
    const file = join(cluster.home, 'child');
    createPod(cluster, 'p', bash(`trap '' TERM; (trap '' TERM; sleep 300) & echo $! > ${file}; wait; wait; sleep 300`));
    const child = await pidFrom(file);
    await running('p');
    cluster.registry.delete(resources.pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 1 });
    await until('the Pod to go', () => getPod(cluster, 'p') === undefined);
    expect(isAlive(child)).toBe(false);
  });

  it('obeys force at once', async () => {
    const file = join(cluster.home, 'pid');
    createPod(cluster, 'p', bash(`trap '' TERM; echo $BASHPID > ${file}; sleep 300; sleep 300`));
    const pid = await pidFrom(file);
    cluster.registry.delete(resources.pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 });
    expect(getPod(cluster, 'p')).toBeUndefined();
    await until('the process to end', () => !isAlive(pid));
  });

  it('removes a Pod that never started', async () => {
    createPod(cluster, 'p', bash('true', { container: { envFrom: [{ secretRef: { name: 'none' } }] } }));
    cluster.registry.delete(resources.pods, { namespace: 'default', name: 'p' });
    await until('the Pod to go', () => getPod(cluster, 'p') === undefined);
  });

  it('ends a Pod at its deadline', async () => {
    createPod(cluster, 'p', bash('sleep 300', { activeDeadlineSeconds: 1 }));
    const pod = await podEnded(cluster, 'p');
    expect(pod.status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });
});

describe('stopping', () => {
  it('ends what runs and says why; what has not begun goes on at the next start', async () => {
    const home = temporaryFolder();
    const first = startTestCluster({ home, stopGrace: 500 });
    const file = join(home, 'pid');
    createPod(first, 'running', bash(`trap 'exit 0' TERM; echo $BASHPID > ${file}; while :; do sleep 0.05; done`));
    createPod(first, 'pending', bash('echo went on', { container: { envFrom: [{ secretRef: { name: 'late' } }] } }));
    const pid = await pidFrom(file);
    await first.stopControllers();
    await first.runner.stop();
    expect(isAlive(pid)).toBe(false);
    expect(getPod(first, 'running')?.status).toMatchObject({ phase: 'Failed', reason: 'NodeRestarted' });
    expect(getPod(first, 'pending')?.status?.phase).toBe('Pending');
    first.registry.close();
    const second = startTestCluster({ home });
    second.registry.create(resources.secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'late', namespace: 'default' },
    });
    const pod = await podEnded(second, 'pending');
    expect(pod.status).toMatchObject({ phase: 'Succeeded' });
    expect((await readLog(second, pod)).toString()).toBe('went on\n');
    await second.stop();
  });
});

describe('a store that takes no writes for a while', () => {
  it('neither ends nor repeats the work of a Pod, and learns how it ended', async () => {
    const [runs, go] = [join(cluster.home, 'runs'), join(cluster.home, 'go')];
    const work = `echo run >> ${runs}; until [ -e ${go} ]; do sleep 0.02; done; touch ${go}.done; exit 3`;
    createPod(cluster, 'p', bash(work));
    await until('the work', () => existsSync(runs));
    const other = new DatabaseSync(join(cluster.home, 'cluster.db'));
    other.exec('BEGIN IMMEDIATE');
    expect(() => createPod(cluster, 'refused', bash('true'))).toThrow(/locked/);
    writeFileSync(go, '');
    await until('its end', () => existsSync(`${go}.done`));
    // What it writes at its end fails, again and again.
    await until('a failed write', () => cluster.complaints.some((text) => text.includes('could not be written')));
    expect(getPod(cluster, 'p')?.status?.phase).not.toBe('Failed');
    other.exec('ROLLBACK');
    other.close();
    const pod = await podEnded(cluster, 'p');
    expect(terminated(pod)).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(readFileSync(runs, 'utf8')).toBe('run\n');
  });
});

describe('more Pods than the machine takes', () => {
  it('wait their turn', async () => {
    const small = startTestCluster({ maxPods: 2 });
    let most = 0;
    const names = ['a', 'b', 'c', 'd', 'e'];
    small.registry.subscribe(resources.pods, () => {
      most = Math.max(most, names.filter((name) => getPod(small, name)?.status?.phase === 'Running').length);
    });
    for (const name of names) {
      createPod(small, name, bash('sleep 0.1'));
    }
    small.registry.delete(resources.pods, { namespace: 'default', name: 'd' });
    for (const name of ['a', 'b', 'c', 'e']) {
      expect((await podEnded(small, name)).status?.phase).toBe('Succeeded');
    }
    expect(most).toBeLessThanOrEqual(2);
    expect(getPod(small, 'd')).toBeUndefined();
    expect(eventsOf(small, 'e').map(({ reason }) => reason)).toContain('FailedScheduling');
    await small.stop();
  });
});

describe('a home with a hostile name', () => {
  it('does not matter to scripts', async () => {
    const parent = temporaryFolder();
    const home = join(parent, "it's a `home` $HOME");
    mkdirSync(home);
    const odd = startTestCluster({ home });
    createPod(
      odd,
      'p',
      bash('echo x > /mnt/e/f; cat /mnt/e/f /mnt/c/script', {
        container: {
          volumeMounts: [
            { name: 'e', mountPath: '/mnt/e' },
            { name: 'h', mountPath: '/mnt/c' },
          ],
        },
        volumes: [
          { name: 'e', emptyDir: {} },
          { name: 'h', hostPath: { path: parent } },
        ],
      }),
    );
    writeFileSync(join(parent, 'script'), 'y\n');
    expect((await readLog(odd, await podEnded(odd, 'p'))).toString()).toBe('x\ny\n');
    await odd.stop();
    rmSync(parent, { recursive: true });
  });
});
