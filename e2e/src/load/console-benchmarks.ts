import { gzipSync } from 'node:zlib';
import { jobRoutes, resourceTypes, scheduleRoutes } from '@backstay/shared';
import { chromium } from '@playwright/test';
import { residentMemory } from '../harness/process-memory.ts';
import { atMost, type Benchmark } from './benchmark.ts';
import { signedIn } from './console-session.ts';
import { createKeySecret, forEachNumber, job, jobsOfEach, ownBackstay, schedule } from './kube-objects.ts';
import { milliseconds, p95 } from './options.ts';

const requests = 200;

const consoleLists: Benchmark = {
  name: 'console-lists',
  explains: "the console's lists with --count schedules (default 200; the goal speaks of 5000) and ten jobs each",
  run: async ({ count = 200 }) => {
    await using own = await ownBackstay();
    const { backstay, client } = own;
    await createKeySecret(client);
    await forEachNumber(count, (index) => client.create(resourceTypes.scheduledBackups, schedule(`load-${index}`)));
    await forEachNumber(count * jobsOfEach, (index) => client.create(resourceTypes.jobs, job(index)));
    const { open } = await signedIn(backstay);
    const get = async (path: string) => (await (await open(path)).json()) as { total: number };
    const list = async (path: string, expected: number): Promise<number> => {
      for (const end = Date.now() + 60_000; (await get(path)).total < expected; ) {
        if (Date.now() > end) throw new Error(`${path} shows ${(await get(path)).total} of ${expected}`);
      }
      const samples: number[] = [];
      for (let index = 0; index < requests; index += 1) samples.push(await milliseconds(() => get(path)));
      return p95(samples);
    };
    const schedules = await list(scheduleRoutes.listSchedules.path, count);
    const jobs = await list(`${jobRoutes.listJobs.path}?limit=100`, count * jobsOfEach);
    const memory = residentMemory(backstay.pid);
    return [
      { name: `console-lists: ${count} schedules p95`, value: schedules, unit: 'ms', goal: atMost(50) },
      { name: `console-lists: ${count * jobsOfEach} jobs p95`, value: jobs, unit: 'ms', goal: atMost(50) },
      { name: 'console-lists: memory', value: memory, unit: 'MiB', goal: atMost(400) },
    ];
  },
};

const firstPage: Benchmark = {
  name: 'first-page',
  explains:
    'scripts and styles that Chromium loads for the first page, compressed by gzip, and the time until it is usable',
  run: async () => {
    await using own = await ownBackstay();
    const { backstay } = own;
    const browser = await chromium.launch({
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu'],
    });
    const page = await browser.newPage();
    const loaded: Promise<Buffer>[] = [];
    page.on('response', (response) => {
      const type = response.request().resourceType();
      if (type === 'script' || type === 'stylesheet') loaded.push(response.body());
    });
    const usable = await milliseconds(async () => {
      await page.goto(backstay.signInLink);
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
    });
    const bodies = await Promise.all(loaded);
    await browser.close();
    const bytes = bodies.reduce((sum, body) => sum + gzipSync(body, { level: 6 }).length, 0);
    if (bytes === 0) throw new Error('the page loaded no script');
    return [
      { name: 'first-page: scripts and styles, gzip', value: bytes / 1000, unit: 'kB', goal: atMost(280) },
      { name: 'first-page: usable', value: usable, unit: 'ms', goal: atMost(1000) },
    ];
  },
};

export const consoleBenchmarks = [consoleLists, firstPage];
