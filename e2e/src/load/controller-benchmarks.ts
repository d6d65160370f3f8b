import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient } from '@backstay/kubernetes';
import { resourceTypes } from '@backstay/shared';
import { type ControllerProcess, startControllerProcess } from '../faults/controller/controller-process.ts';
import { actionOf, isApplied, type KubeBench, startKubeBench } from '../faults/controller/kube-bench.ts';
import { type KubeProxy, startKubeProxy } from '../faults/controller/kube-proxy.ts';
import { peakMemory, residentMemory } from '../harness/process-memory.ts';
import { atMost, type Benchmark, type Figure } from './benchmark.ts';
import { createKeySecret, forEachNumber, schedule } from './kube-objects.ts';
import { p95 } from './options.ts';

const { scheduledBackups, requestedBackupActions, jobs } = resourceTypes;
const idleSeconds = 20;

interface Measured {
  client: KubeClient;
  proxy: KubeProxy;
  controller: ControllerProcess;
  /** What figures are called by, and of which cluster. */
  name: string;
  count: number;
}

/** The status of every schedule says that it is applied: rejects after ten minutes. */
async function allApplied({ client, count }: Measured): Promise<void> {
  for (const end = Date.now() + 600_000; ; await delay(100)) {
    const { items } = await client.list(scheduledBackups, { namespace: 'default' });
    const ready = items.filter(({ status }) => status?.conditions?.some((condition) => condition.status === 'True'));
    if (ready.length >= count) return;
    if (Date.now() > end) throw new Error(`only ${ready.length} of ${count} in ten minutes`);
  }
}

async function converge(measured: Measured): Promise<Figure[]> {
  const { client, proxy, controller, name, count } = measured;
  await createKeySecret(client);
  const asked = proxy.requests.length;
  const begun = performance.now();
  await forEachNumber(count, (index) => client.create(scheduledBackups, schedule(`load-${index}`)));
  await allApplied(measured);
  const seconds = (performance.now() - begun) / 1000;
  const requests = (proxy.requests.length - asked) / count;
  return [
    { name: `${name}: ${count} converged`, value: seconds, unit: 's', goal: atMost(30) },
    { name: `${name}: requests for a schedule`, value: requests, unit: 'requests', goal: atMost(7) },
    {
      name: `${name}: memory of the controller, peak`,
      value: peakMemory(controller.pid),
      unit: 'MiB',
      goal: atMost(250),
    },
  ];
}

async function idle({ proxy, controller, name }: Measured): Promise<Figure[]> {
  await delay(2_000);
  const asked = proxy.requests.length;
  await delay(idleSeconds * 1000);
  const rate = (proxy.requests.length - asked) / idleSeconds;
  return [
    { name: `${name}: requests when idle`, value: rate, unit: 'requests/s', goal: atMost(1) },
    { name: `${name}: memory when idle`, value: residentMemory(controller.pid), unit: 'MiB', goal: atMost(250) },
  ];
}

/** From a created action to its Job, seen by a watch of its own: asking again and again would measure the asking. */
async function actionLatency({ client, name }: Measured): Promise<Figure> {
  const seen = new Map<string, number>();
  const stop = new AbortController();
  const { metadata } = await client.list(jobs, { namespace: 'default' });
  const query = { namespace: 'default', resourceVersion: metadata.resourceVersion ?? '', signal: stop.signal };
  const watching = (async () => {
    for await (const { object } of client.watch(jobs, query)) {
      const action = object.metadata.labels?.['backstay.riotkit.org/action'];
      if (action !== undefined && !seen.has(action)) seen.set(action, performance.now());
    }
  })();
  const samples: number[] = [];
  for (let index = 0; index < 20; index += 1) {
    const action = `latency-${index}`;
    const begun = performance.now();
    await client.create(requestedBackupActions, actionOf(action, 'load-0'));
    while (!seen.has(action)) await delay(1);
    samples.push((seen.get(action) ?? 0) - begun);
  }
  stop.abort();
  await watching;
  return { name: `${name}: action to job, p95`, value: p95(samples), unit: 'ms', goal: atMost(200) };
}

async function measureOn(bench: KubeBench, count: number): Promise<Figure[]> {
  const { client, apiserver } = bench;
  const name = `controller-schedules (${apiserver === undefined ? 'local cluster' : 'kube-apiserver'})`;
  await using proxy = await startKubeProxy(bench);
  await using controller = await startControllerProcess(proxy.url, { args: ['--debug=false'] });
  const measured = { client, proxy, controller, name, count };
  const figures = await converge(measured);
  if (!(await isApplied(client, 'load-0'))) throw new Error('load-0 is not applied');
  return [...figures, await actionLatency(measured), ...(await idle(measured))];
}

/** With the controller as a process of its own, so that memory and requests are its own. */
export const controllerSchedules: Benchmark = {
  name: 'controller-schedules',
  explains:
    '--count schedules (default 1000) until all are applied: time, requests and memory of the controller alone; on a real API server where there is one',
  run: async ({ count = 1000 }) => {
    await using bench = await startKubeBench();
    const figures = await measureOn(bench, count);
    return figures;
  },
};
