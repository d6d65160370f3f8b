import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resources } from '../controllers/resources.ts';
import {
  bash,
  createPod,
  createSecret,
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
    restartDelays: { first: 20, longest: 100 },
    stopGrace: 2000,
  });
});
afterEach(() => cluster.stop());

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
    createSecret(cluster, 'large', { VALUE: 'x'.repeat(400_000) });
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
    createSecret(second, 'late');
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
