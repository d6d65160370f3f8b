import { jobDetailSchema, jobRoutes, resourceTypes } from '@backstay/shared';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../testing/eventually.ts';
import { Harness, personToken } from '../../testing/harness.ts';
import { FakeJob, lines } from '../../testing/job-objects.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await Harness.start();
  await harness.signIn();
});
afterEach(() => harness[Symbol.asyncDispose]());

const uploaded = 'time="2026-11-23T05:00:00Z" level=info msg="Version uploaded" collection=orders version=3 bytes=123';
const failed =
  'time="2026-11-23T05:00:00Z" level=error msg="Backup failed" stage=dump exitCode=3 reason="pg_dump: no such database"';

const detail = async (name = 'orders-backup-1') =>
  jobDetailSchema.parse((await harness.call('GET', `/api/jobs/shop/${name}`)).body);
const list = async (query = '') =>
  jobRoutes.listJobs.reply?.parse((await harness.call('GET', `/api/jobs${query}`)).body);

/** A source that the test feeds while somebody reads. */
function openLog() {
  const queue: Uint8Array[] = [];
  let wake = Promise.withResolvers<void>();
  let over = false;
  const push = (text?: string) => {
    if (text === undefined) over = true;
    else queue.push(Buffer.from(text));
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };
  async function* read(): AsyncGenerator<Uint8Array> {
    for (let at = 0; ; ) {
      const next = queue[at];
      if (next !== undefined) {
        at += 1;
        yield next;
      }
      if (next === undefined && over) return;
      if (next === undefined) await wake.promise;
    }
  }
  return { push, read };
}

describe('jobs', () => {
  it('tell their version and size once their log was kept, also after a restart and without the Job', async () => {
    const job = new FakeJob(harness.cluster).run(() => lines('Backing up', uploaded));
    await eventually(async () => expect(await detail()).toMatchObject({ state: 'running' }));
    job.succeed();
    // Lists tell it only once the record is there.
    await eventually(async () =>
      expect((await list())?.items).toMatchObject([{ state: 'succeeded', version: 3, sizeBytes: 123 }]),
    );
    job.remove();
    await eventually(async () => expect((await list())?.items).toMatchObject([{ version: 3, archived: true }]));
    await harness.restart();
    await harness.signIn();
    expect(await list()).toMatchObject({ total: 1, items: [{ version: 3, archived: true }] });
    expect(await detail()).toMatchObject({ state: 'succeeded', archived: true });
    const log = await harness.call('GET', '/api/jobs/shop/orders-backup-1/log');
    expect(log.text).toBe(`2026-11-23T05:00:00.000000000Z Backing up\n2026-11-23T05:00:00.001000000Z ${uploaded}\n`);
    const tail = await harness.call('GET', '/api/jobs/shop/orders-backup-1/log?tail=1&download=true');
    expect(tail.text).toBe(`2026-11-23T05:00:00.001000000Z ${uploaded}\n`);
    expect(tail.headers.get('content-disposition')).toContain('orders-backup-1.log');
  });

  it('say why they failed', async () => {
    new FakeJob(harness.cluster).run(() => lines('starting', failed)).fail({ exitCode: 10 });
    await eventually(async () => {
      expect((await detail()).failure).toEqual({
        stage: 'Reading the data',
        message: 'pg_dump: no such database.',
        exitCode: 3,
        lastLines: ['starting', failed],
        advice: expect.stringContaining('last lines'),
      });
    });
    new FakeJob(harness.cluster, { name: 'killed' }).run(() => lines('x')).fail({ exitCode: 137 });
    await eventually(async () => {
      expect((await detail('killed')).failure).toMatchObject({
        message: 'The script was killed by SIGKILL.',
        signal: 'SIGKILL',
      });
    });
    new FakeJob(harness.cluster, { name: 'stopped' }).run(() => lines('x')).fail({ podReason: 'NodeRestarted' });
    await eventually(async () => {
      expect((await detail('stopped')).failure?.message).toBe('Backstay was stopped while this ran.');
    });
  });

  it('say that a dump was killed, and not how the client ended after it', async () => {
    const killed =
      'time="2026-11-23T05:00:00Z" level=error msg="Backup failed" stage=dump signal=SIGKILL reason="killed"';
    new FakeJob(harness.cluster).run(() => lines(killed)).fail({ exitCode: 10 });
    await eventually(async () => {
      const { failure } = await detail();
      expect(failure).toMatchObject({ signal: 'SIGKILL', advice: expect.stringContaining('memory') });
      expect(failure).not.toHaveProperty('exitCode');
    });
  });

  it('keep the log of a cancelled job, whose Pod the cluster takes away', async () => {
    const log = openLog();
    const job = new FakeJob(harness.cluster).run(log.read);
    await eventually(async () => expect((await list())?.items).toMatchObject([{ state: 'running' }]));
    log.push('2026-11-23T05:00:00.1Z before\n');
    expect((await harness.call('POST', '/api/jobs/shop/orders-backup-1/cancel')).status).toBe(200);
    log.push('2026-11-23T05:00:00.2Z told to end\n');
    harness.cluster.remove(resourceTypes.pods, 'shop', job.podName);
    log.push(undefined);
    job.pod = undefined;
    job.fail({ reason: 'DeadlineExceeded' });
    await eventually(async () => {
      const text = (await harness.call('GET', '/api/jobs/shop/orders-backup-1/log')).text;
      expect(text).toBe('2026-11-23T05:00:00.100000000Z before\n2026-11-23T05:00:00.200000000Z told to end\n');
      const phases = (await detail()).phases.map(({ name, state }) => `${name} ${state}`);
      expect(phases).toEqual(['Requested done', 'Preparing done', 'Backing up failed', 'Cancelled failed']);
    });
  });

  it('are cancelled, once', async () => {
    const job = new FakeJob(harness.cluster).run(() => lines('x'));
    await eventually(async () => expect((await detail()).state).toBe('running'));
    expect((await harness.call('POST', '/api/jobs/shop/orders-backup-1/cancel')).status).toBe(200);
    const patched = harness.cluster.find(resourceTypes.jobs, 'shop', 'orders-backup-1');
    expect(patched).toMatchObject({
      spec: { activeDeadlineSeconds: 1 },
      metadata: { annotations: { 'backstay.riotkit.org/cancelled-by': 'ada' } },
    });
    job.fail({ reason: 'DeadlineExceeded', exitCode: 143 });
    await eventually(async () =>
      expect(await detail()).toMatchObject({ state: 'cancelled', reason: 'Cancelled by ada.' }),
    );
    const again = await harness.call('POST', '/api/jobs/shop/orders-backup-1/cancel');
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'already_finished' } } });
  });

  it('are listed page by page, newest first, over live and archived ones', async () => {
    for (let number = 0; number < 7; number += 1) {
      const job = new FakeJob(harness.cluster, { name: `job-${number}` }).run(() => lines('x')).succeed();
      if (number % 2 === 0) {
        await eventually(async () => expect((await detail(job.name)).archived || job.pod).toBeTruthy());
        job.remove();
      }
    }
    await eventually(async () => expect((await list())?.items.filter((item) => item.archived)).toHaveLength(4));
    const names: string[] = [];
    let next: string | undefined;
    do {
      const page = await list(`?limit=2${next === undefined ? '' : `&cursor=${next}`}`);
      expect(page?.total).toBe(7);
      names.push(...(page?.items ?? []).map((item) => item.name));
      next = page?.next;
    } while (next !== undefined);
    expect(names.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6].map((number) => `job-${number}`));
    expect((await list('?state=failed'))?.total).toBe(0);
    expect((await harness.call('GET', '/api/jobs?cursor=x')).status).toBe(400);
  });

  it('of other namespaces are not there', async () => {
    new FakeJob(harness.cluster).run(() => lines('x')).succeed();
    harness.cluster.people.set(personToken, { may: ({ namespace }) => namespace === 'default' });
    await harness.restart();
    await harness.signIn();
    expect(await list()).toEqual({ items: [], total: 0 });
    for (const path of ['', '/log'])
      expect((await harness.call('GET', `/api/jobs/shop/orders-backup-1${path}`)).status).toBe(404);
  });
});

describe('the log of a running job', () => {
  const stamp = (index: number, text: string) => `2026-11-23T05:00:00.${index}Z ${text}\n`;

  it('follows from before the Pod is there to the end of the Job, and resumes', async () => {
    const job = new FakeJob(harness.cluster);
    await eventually(async () => expect((await detail()).state).toBe('pending'));
    const response = await harness.fetch('/api/jobs/shop/orders-backup-1/log?follow=true');
    const reading = response.text();
    const log = openLog();
    job.run(log.read);
    log.push(stamp(1, 'one'));
    log.push(stamp(1, 'two'));
    log.push(undefined);
    job.succeed();
    expect(await reading).toBe('2026-11-23T05:00:00.100000000Z one\n2026-11-23T05:00:00.100000001Z two\n');
    const rest = await harness.call('GET', '/api/jobs/shop/orders-backup-1/log?since=2026-11-23T05:00:00.100000000Z');
    expect(rest.text).toBe('2026-11-23T05:00:00.100000001Z two\n');
  });

  it('is whole although the Pod is seen after the end of its Job', async () => {
    const job = new FakeJob(harness.cluster);
    await eventually(async () => expect((await detail()).state).toBe('pending'));
    const reading = harness.fetch('/api/jobs/shop/orders-backup-1/log?follow=true').then((response) => response.text());
    job.succeed();
    await eventually(async () => expect((await detail()).state).toBe('succeeded'));
    job.run(() => lines('late'));
    job.succeed();
    expect(await reading).toBe('2026-11-23T05:00:00.000000000Z late\n');
  });

  it('waits for a slow reader instead of growing', async () => {
    let produced = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      const chunk = Buffer.from(`2026-11-23T05:00:00Z ${'x'.repeat(65_000)}\n`);
      while (true) {
        produced += chunk.length;
        yield chunk;
      }
    }
    new FakeJob(harness.cluster).run(endless);
    await eventually(async () =>
      expect((await harness.call('GET', '/api/jobs?state=running')).body).toMatchObject({ total: 1 }),
    );
    const abort = new AbortController();
    const response = await harness.fetch('/api/jobs/shop/orders-backup-1/log?follow=true', { signal: abort.signal });
    const reader = response.body?.getReader();
    await reader?.read();
    // Socket buffers fill up, then the source has to stand still.
    let before = -1;
    await eventually(() => {
      const stands = produced === before;
      before = produced;
      expect(stands).toBe(true);
    });
    expect(produced).toBeLessThan(32 * 1024 * 1024);
    abort.abort();
  });
});
