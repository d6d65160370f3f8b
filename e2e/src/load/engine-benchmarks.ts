import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient } from '@backstay/kubernetes';
import { resourceTypes } from '@backstay/shared';
import { newHome } from '../harness/backstay-process.ts';
import { peakMemory } from '../harness/process-memory.ts';
import { atMost, type Benchmark } from './benchmark.ts';
import { controllerSchedules } from './controller-benchmarks.ts';
import { createKeySecret, ownBackstay, schedule } from './kube-objects.ts';
import { p95 } from './options.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** `npm start` as a person types it, until its ready line. */
async function npmStart(home: string): Promise<{ ms: number; rss: number }> {
  const started = performance.now();
  const child = spawn('npm', ['start'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, BACKSTAY_HOME: home, BACKSTAY_PORT: '0' },
  });
  for await (const text of readline.createInterface({ input: child.stdout })) if (/is ready at/.test(text)) break;
  child.stdout.resume();
  const ms = performance.now() - started;
  const pid = Number.parseInt(fs.readFileSync(path.join(home, 'backstay.pid'), 'utf8'), 10);
  const rss = peakMemory(pid);
  const exit = once(child, 'exit');
  process.kill(pid, 'SIGTERM');
  await exit;
  return { ms, rss };
}

const start: Benchmark = {
  name: 'start',
  explains: 'the second `npm start` to its ready line, and the memory of the process',
  run: async () => {
    const home = newHome();
    await npmStart(home);
    const { ms, rss } = await npmStart(home);
    fs.rmSync(home, { recursive: true, force: true });
    return [
      { name: 'start: ready', value: ms, unit: 'ms', goal: atMost(3000) },
      { name: 'start: memory peak', value: rss, unit: 'MiB', goal: atMost(300) },
    ];
  },
};

/** Waits for so many objects; rejects after ten minutes. */
async function reaches(count: number, look: () => Promise<number>): Promise<void> {
  for (const end = Date.now() + 600_000; (await look()) < count; await delay(25)) {
    if (Date.now() > end) throw new Error(`only ${await look()} of ${count} in ten minutes`);
  }
}

const cronJobs = (client: KubeClient) => async (): Promise<number> =>
  (await client.list(resourceTypes.cronJobs, { namespace: 'default' })).items.length;

const actionToJob: Benchmark = {
  name: 'action-to-job',
  explains: 'from a created RequestedBackupAction to its Job, p95 of --count (default 20)',
  run: async ({ count = 20 }) => {
    await using own = await ownBackstay();
    const { client } = own;
    await createKeySecret(client);
    await client.create(resourceTypes.scheduledBackups, schedule('load'));
    await reaches(1, cronJobs(client));
    const samples: number[] = [];
    for (let index = 0; index < count; index += 1) {
      const name = `action-${index}`;
      const options = { namespace: 'default', labelSelector: `backstay.riotkit.org/action=${name}` };
      const begun = performance.now();
      await client.create(resourceTypes.requestedBackupActions, {
        apiVersion: 'riotkit.org/v1alpha1',
        kind: 'RequestedBackupAction',
        metadata: { name, namespace: 'default' },
        spec: { action: 'backup', scheduledBackupRef: { name: 'load' }, kindType: 'Job' },
      });
      while ((await client.list(resourceTypes.jobs, options)).items.length === 0) await delay(5);
      samples.push(performance.now() - begun);
    }
    return [{ name: 'action-to-job: p95', value: p95(samples), unit: 'ms', goal: atMost(200) }];
  },
};

export const engineBenchmarks = [start, actionToJob, controllerSchedules];
