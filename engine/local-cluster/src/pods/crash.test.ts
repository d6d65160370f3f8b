import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { resources } from '../controllers/resources.ts';
import {
  bash,
  createJob,
  createPod,
  createSecret,
  getPod,
  isAlive,
  jobEnded,
  podEnded,
  readLog,
  startTestCluster,
  type TestCluster,
  temporaryFolder,
  until,
} from '../test-cluster.ts';

/* The program is killed with SIGKILL while Pods run, and started again on the same folder. */

const program = (home: string): string => `
  import { pino } from 'pino';
  import { createRegistry } from ${JSON.stringify(new URL('../registry/create-registry.ts', import.meta.url).href)};
  import { startControllers } from ${JSON.stringify(new URL('../controllers/start-controllers.ts', import.meta.url).href)};
  import { startPodRunner } from ${JSON.stringify(new URL('./start-pod-runner.ts', import.meta.url).href)};
  const home = ${JSON.stringify(home)};
  const registry = createRegistry({ databaseFile: home + '/cluster.db' });
  const logger = pino({ level: 'silent' });
  startControllers({ registry, logger });
  startPodRunner({ registry, home, logger, node: 'local' });
  setInterval(() => {}, 1000);
`;

let child: ChildProcess | undefined;
let cluster: TestCluster | undefined;
afterEach(async () => {
  child?.kill('SIGKILL');
  await cluster?.stop();
});

const startProgram = (home: string): ChildProcess =>
  spawn(process.execPath, ['--input-type=module', '-e', program(home)], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
const kill = (started: ChildProcess): Promise<void> =>
  new Promise((done) => {
    started.once('exit', () => done());
    started.kill('SIGKILL');
  });
const pidFrom = (file: string): Promise<number> =>
  until(`a pid in ${file}`, () => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0) || undefined);
/** Fills a registry, then leaves it to a program of its own. */
const prepare = async (home: string, fill: (filled: TestCluster) => void): Promise<void> => {
  const first = startTestCluster({ home });
  await first.runner.stop();
  await first.stopControllers();
  fill(first);
  first.registry.close();
};

describe('kill -9 of the whole program', () => {
  it('leaves no process behind; what ran has failed with a reason, what waited goes on', async () => {
    const home = temporaryFolder();
    const file = (name: string): string => join(home, name);
    await prepare(home, (first) => {
      const stubborn = `trap '' TERM HUP PIPE; (trap '' TERM; exec sleep 300) & echo $! > ${file('child')}
        setsid sleep 300 & echo $! > ${file('escaped')}; echo $BASHPID > ${file('main')}; sleep 300; sleep 300`;
      createJob(first, 'running', { backoffLimit: 0, template: { spec: bash(stubborn) } });
      const waits = bash('echo went on', { container: { envFrom: [{ secretRef: { name: 'late' } }] } });
      createJob(first, 'waiting', { backoffLimit: 0, template: { spec: waits } });
      createJob(first, 'quick', { backoffLimit: 0, template: { spec: bash('echo quick') } });
    });
    child = startProgram(home);
    const pids = await Promise.all(['main', 'child', 'escaped'].map((name) => pidFrom(file(name))));
    await kill(child);
    expect(pids.every(isAlive)).toBe(true);

    cluster = startTestCluster({ home });
    expect(pids.filter(isAlive)).toEqual([]);
    const job = await jobEnded(cluster, 'running');
    expect(job.status?.conditions?.find(({ type }) => type === 'Failed')?.reason).toBe('BackoffLimitExceeded');
    const [pod] = cluster.registry.list(resources.pods, { labelSelector: 'job-name=running' }).items;
    expect(pod?.['status']).toMatchObject({
      phase: 'Failed',
      reason: 'NodeRestarted',
      message: 'Backstay was stopped while this was running',
    });
    createSecret(cluster, 'late');
    expect((await jobEnded(cluster, 'waiting')).status?.succeeded).toBe(1);
    const quick = await jobEnded(cluster, 'quick');
    expect((quick.status?.succeeded ?? 0) + (quick.status?.failed ?? 0)).toBeGreaterThan(0);
  });

  it('at any moment makes each Pod end once, and no process works unrecorded', async () => {
    const home = temporaryFolder();
    const count = 6;
    await prepare(home, (first) => {
      for (let index = 0; index < count; index += 1) {
        const script = `echo $BASHPID > ${home}/pid-${index}-$BASHPID; sleep 0.2; echo done > ${home}/done-${index}`;
        createPod(first, `p${index}`, bash(script));
      }
    });
    for (const delay of [150, 300, 450]) {
      child = startProgram(home);
      await new Promise((wake) => setTimeout(wake, delay));
      await kill(child);
    }
    cluster = startTestCluster({ home });
    for (let index = 0; index < count; index += 1) {
      const pod = await podEnded(cluster, `p${index}`);
      const runs = readdirSync(home).filter((name) => name.startsWith(`pid-${index}-`)).length;
      // A run that was cut off may have been cut before its first word, but none comes after a failure.
      expect(runs).toBeLessThanOrEqual(1);
      expect(pod.status?.phase === 'Succeeded' ? existsSync(join(home, `done-${index}`)) : pod.status?.reason).toBe(
        pod.status?.phase === 'Succeeded' ? true : 'NodeRestarted',
      );
    }
    const alive = readdirSync(home)
      .filter((name) => name.startsWith('pid-'))
      .map((name) => Number(readFileSync(join(home, name), 'utf8')))
      .filter(isAlive);
    expect(alive).toEqual([]);
  });

  it('finishes a deletion that it interrupted, and removes folders of Pods that are gone', async () => {
    const home = temporaryFolder();
    let uid = '';
    await prepare(home, (first) => {
      const pod = createPod(first, 'p', bash('true'));
      uid = pod.metadata.uid ?? '';
      first.registry.delete(resources.pods, { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 30 });
    });
    cluster = startTestCluster({ home });
    const { registry } = cluster;
    await until('the Pod to go', () => registry.get(resources.pods, 'default', 'p') === undefined);
    expect(existsSync(join(home, 'pods', uid))).toBe(false);
  });
});

describe('many Jobs', () => {
  it('run side by side, each with its own log', async () => {
    cluster = startTestCluster();
    const names = Array.from({ length: 50 }, (_, index) => `job-${index}`);
    for (const name of names) {
      createJob(cluster, name, { template: { spec: bash(`echo I am ${name}`) } });
    }
    for (const name of names) {
      expect((await jobEnded(cluster, name)).status).toMatchObject({ succeeded: 1 });
    }
    for (const pod of cluster.registry.list(resources.pods).items) {
      const name = pod.metadata.labels?.['job-name'] ?? '';
      const found = getPod(cluster, pod.metadata.name);
      expect(found && (await readLog(cluster, found)).toString()).toBe(`I am ${name}\n`);
    }
  });
});
