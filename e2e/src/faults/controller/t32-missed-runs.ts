import type { KubeClient } from '@backstay/kubernetes';
import { type CronJob, resourceTypes, type ScheduledBackup } from '@backstay/shared';
import { createKeySecret, forEachNumber, schedule } from '../../load/kube-objects.ts';
import type { FaultCase, FaultRun } from '../fault-case.ts';
import { startControllerProcess } from './controller-process.ts';
import { eventually, inDefault, isApplied, needsApiserver, startKubeBench } from './kube-bench.ts';
import { startKubeProxy } from './kube-proxy.ts';

const { scheduledBackups, cronJobs, jobs } = resourceTypes;
const hour = 3_600_000;

/** Names of 40 to 63 characters: from 46 on a CronJob cannot bear the name of its schedule. */
const nameOf = ({ random }: FaultRun, index: number): string =>
  `missed-${index}-`.padEnd(random.int(40, 64), String.fromCharCode(97 + (index % 26)));

const paused = (name: string): ScheduledBackup => {
  const made = schedule(name);
  return { ...made, spec: { ...made.spec, cronJob: { enabled: true, scheduleEvery: '* * * * *', suspend: true } } };
};

const cronJobOf = async (client: KubeClient, name: string): Promise<CronJob> => {
  const { items } = await client.list(cronJobs, {
    namespace: 'default',
    labelSelector: `backstay.riotkit.org/schedule=${name}`,
  });
  const [cronJob] = items;
  if (cronJob === undefined || items.length > 1) throw new Error(`${name} has ${items.length} CronJobs`);
  return cronJob;
};

const stamp = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

/** As if it had last run, and last succeeded, hours ago: more than a hundred starts were missed. */
async function age(client: KubeClient, cronJob: CronJob, hours: number): Promise<void> {
  const at = stamp(Date.now() - hours * hour);
  const status = { lastScheduleTime: at, lastSuccessfulTime: at };
  await client.mergePatch(cronJobs, inDefault(cronJob.metadata.name), { body: { status }, subresource: 'status' });
}

const isAlarmed = async (client: KubeClient, name: string): Promise<boolean> => {
  const { status } = await client.get(scheduledBackups, inDefault(name));
  const alarm = status?.conditions?.some(({ type, status: state }) => type === 'Overdue' && state === 'True');
  return alarm === true && status?.healthy === false;
};

const setSuspended = (client: KubeClient, name: string, suspend: boolean) =>
  client.mergePatch(scheduledBackups, inDefault(name), { body: { spec: { cronJob: { suspend } } } });

async function miss(client: KubeClient, run: FaultRun, index: number): Promise<void> {
  const name = nameOf(run, index);
  await client.create(scheduledBackups, paused(name));
  await eventually(`${name} is applied`, () => isApplied(client, name));
  const cronJob = await cronJobOf(client, name);
  if (cronJob.metadata.name.length > 52)
    run.broken(`${name}: the CronJob has a name of ${cronJob.metadata.name.length}`);
  await age(client, cronJob, run.random.int(3, 100));
  if (await isAlarmed(client, name)) run.broken(`${name}: an alarm while it is paused`);
  await setSuspended(client, name, false);
  run.injected();
  await eventually('an alarm', () => isAlarmed(client, name), 30_000).catch(() =>
    run.broken(`${name}: a gap without an alarm`),
  );
  const made = () =>
    client.list(jobs, { namespace: 'default', labelSelector: `backstay.riotkit.org/schedule=${name}` });
  // The start of this minute is made up for; those before it, and those of the next minutes while it runs, are not.
  await eventually('a Job', async () => (await made()).items.length > 0, 90_000).catch(() =>
    run.broken(`${name}: nothing is made up for`),
  );
  for (let look = 0; look < (run.long ? 70 : 3); look += 1) {
    const { items } = await made();
    if (items.length > 1) run.broken(`${name}: ${items.length} Jobs at once`);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  await setSuspended(client, name, true);
  await eventually('no alarm', async () => !(await isAlarmed(client, name)), 30_000).catch(() =>
    run.broken(`${name}: an alarm stays`),
  );
}

export const missedRuns: FaultCase = {
  name: 'T32',
  explains: 'schedules that missed more than a hundred starts, paused and resumed, with names too long for a CronJob',
  missing: needsApiserver,
  run: async (run) => {
    await using bench = await startKubeBench({ controllers: true });
    await using proxy = await startKubeProxy(bench);
    await using controller = await startControllerProcess(proxy.url);
    await createKeySecret(bench.client);
    for (let round = 0; round < run.rounds(1, 10); round += 1)
      await forEachNumber(run.long ? 30 : 6, (index) => miss(bench.client, run, round * 100 + index));
    if (!controller.running) run.broken('the controller has ended');
  },
};
