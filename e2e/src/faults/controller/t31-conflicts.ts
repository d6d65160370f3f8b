import type { KubeClient } from '@backstay/kubernetes';
import { type Job, type RequestedBackupAction, resourceTypes } from '@backstay/shared';
import type { FaultCase, FaultRun } from '../fault-case.ts';
import { startControllerProcess } from './controller-process.ts';
import {
  actionOf,
  createSchedule,
  eventually,
  inDefault,
  isApplied,
  isProcessed,
  needsApiserver,
  startKubeBench,
} from './kube-bench.ts';
import { startKubeProxy } from './kube-proxy.ts';

const writers = 50;
const { requestedBackupActions, scheduledBackups, jobs } = resourceTypes;

const isConflict = (error: unknown): boolean => error instanceof Error && 'status' in error && error.status === 409;

/** Counts in an annotation of its own, as a client that reads, changes and writes the whole object. */
async function write(client: KubeClient, { writer, times }: { writer: number; times: number }): Promise<void> {
  const type = writer % 2 === 0 ? requestedBackupActions : scheduledBackups;
  const key = inDefault(writer % 2 === 0 ? 'contended' : 'shared');
  for (let done = 0; done < times; ) {
    const object = await client.get<RequestedBackupAction>(type as typeof requestedBackupActions, key);
    const name = `example.org/writer-${writer}`;
    const annotations = { ...object.metadata.annotations, [name]: String(done + 1) };
    try {
      await client.replace(type as typeof requestedBackupActions, {
        ...object,
        metadata: { ...object.metadata, annotations },
      });
      done += 1;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

const jobOf = async (client: KubeClient): Promise<Job | undefined> =>
  (await client.list(jobs, { namespace: 'default', labelSelector: 'backstay.riotkit.org/action=contended' })).items[0];

const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');

async function end(client: KubeClient, job: Job, result: 'Complete' | 'Failed'): Promise<void> {
  const before = result === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  const conditions = [before, result].map((type) => ({
    type,
    status: 'True',
    reason: 'Test',
    message: '',
    lastTransitionTime: now(),
  }));
  const counts = result === 'Complete' ? { succeeded: 1, completionTime: now() } : { failed: 1 };
  const status = { startTime: now(), uncountedTerminatedPods: {}, conditions, ...counts };
  await client.mergePatch(jobs, inDefault(job.metadata.name), { body: { status }, subresource: 'status' });
}

const healthOf = async (client: KubeClient): Promise<string> => {
  const { status } = await client.get(requestedBackupActions, inDefault('contended'));
  const [item] = status?.childrenResourcesHealth ?? [];
  return item?.failed ? 'failed' : item?.succeeded ? 'succeeded' : 'running';
};

/** The Job of a failed action is replaced by one of the same name that succeeds: too late. */
async function lateSuccess(client: KubeClient, job: Job): Promise<void> {
  const { resourceVersion, uid, creationTimestamp, managedFields, ...metadata } = job.metadata;
  await client.delete(jobs, inDefault(job.metadata.name));
  await eventually('the Job is gone', async () => (await jobOf(client)) === undefined);
  const { selector, template, ...spec } = job.spec;
  const again = { ...job, metadata, spec: { ...spec, template: { ...template, metadata: {} } }, status: undefined };
  const made = await client.create(jobs, again as unknown as Job);
  await end(client, made, 'Complete');
}

async function checkCounts(client: KubeClient, run: FaultRun, times: number): Promise<void> {
  const objects = [
    await client.get(requestedBackupActions, inDefault('contended')),
    await client.get(scheduledBackups, inDefault('shared')),
  ];
  for (let writer = 0; writer < writers; writer += 1) {
    const count = objects[writer % 2]?.metadata.annotations?.[`example.org/writer-${writer}`];
    if (count !== String(times)) run.broken(`writer ${writer}: ${times} writes, ${count} are there`);
  }
  for (const { metadata, kind } of objects)
    if (metadata.generation !== 1) run.broken(`the spec of the ${kind} was written: generation ${metadata.generation}`);
}

export const conflicts: FaultCase = {
  name: 'T31',
  explains: 'fifty writers on the same objects while the controller writes their status; a success after a failure',
  // Nothing but this case may say how a Job ends: so it needs a cluster whose Jobs nobody runs.
  missing: needsApiserver,
  run: async (run) => {
    const times = run.rounds(4, 200);
    await using bench = await startKubeBench();
    await using proxy = await startKubeProxy(bench);
    await using controller = await startControllerProcess(proxy.url);
    const { client } = bench;
    await createSchedule(client, 'shared');
    await client.create(requestedBackupActions, actionOf('contended', 'shared'));
    const writing = Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        await write(client, { writer, times });
        for (let done = 0; done < times; done += 1) run.injected();
      }),
    );
    await eventually('the job', () => isProcessed(client, 'contended'));
    const job = await jobOf(client);
    if (job === undefined) throw new Error('no Job');
    await end(client, job, 'Failed');
    await eventually('the failure', async () => (await healthOf(client)) === 'failed');
    await lateSuccess(client, job);
    run.injected();
    await writing;
    await eventually('the schedule is applied', () => isApplied(client, 'shared'));
    await new Promise((resolve) => setTimeout(resolve, 500));
    if ((await healthOf(client)) !== 'failed') run.broken(`what had failed is ${await healthOf(client)}`);
    await checkCounts(client, run, times);
    if (!controller.running) run.broken('the controller has ended');
  },
};
