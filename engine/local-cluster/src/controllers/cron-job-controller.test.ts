import type { CronJob, Job } from '@backstay/shared';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClusterRegistry, createRegistry } from '../registry/create-registry.ts';
import { bash, eventsOf, silent, until } from '../test-cluster.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { mutate, placeOf, resources } from './resources.ts';
import { startControllers } from './start-controllers.ts';

let registry: ClusterRegistry;
let clock: FakeClock;
let controllers: { stop(): Promise<void> };
const start = () => startControllers({ registry, clock, logger: silent });

beforeEach(() => {
  clock = createFakeClock(new Date('2026-03-10T10:00:30Z'));
  registry = createRegistry({ databaseFile: ':memory:', clock });
  controllers = start();
});
afterEach(async () => {
  await controllers.stop();
  registry.close();
});

const create = (spec: Partial<CronJob['spec']>): void => {
  registry.create(resources.cronJobs, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'c', namespace: 'default' },
    spec: {
      schedule: '*/5 * * * *',
      timeZone: 'UTC',
      jobTemplate: { spec: { template: { spec: bash('true') } } },
      ...spec,
    },
  });
};
const jobs = (): Job[] => registry.list(resources.jobs, { namespace: 'default' }).items as Job[];
const names = () => jobs().map(({ metadata }) => metadata.name);
const minutes = (time: string): number => Date.parse(time) / 60_000;
const status = () => (registry.get(resources.cronJobs, 'default', 'c') as CronJob | undefined)?.status ?? {};
const reasons = () => eventsOf({ registry }, 'c').map(({ reason }) => reason);
const jobsMade = (count: number) =>
  until(`${count} Jobs`, () => jobs().length === count && (status().active ?? []).length > 0);
const settled = async () => {
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise((next) => setImmediate(next));
  }
};

const finish = (job: Job | undefined, type: 'Complete' | 'Failed' = 'Complete'): void => {
  const at = clock
    .now()
    .toISOString()
    .replace(/\.\d+Z/, 'Z');
  mutate(registry, {
    resource: resources.jobs,
    place: placeOf(job as Job),
    subresource: 'status',
    change: (copy) => {
      copy['status'] = {
        ...(copy as Job).status,
        ...(type === 'Complete' ? { completionTime: at, succeeded: 1 } : { failed: 1 }),
        conditions: [{ type, status: 'True', lastTransitionTime: at }],
      };
    },
  });
};

describe('starts', () => {
  it('makes a Job at the time of the schedule, named after it', async () => {
    create({});
    await settled();
    expect(jobs()).toEqual([]);
    clock.advance(269_000);
    await settled();
    expect(jobs()).toEqual([]);
    clock.advance(1000);
    await jobsMade(1);
    expect(names()).toEqual([`c-${minutes('2026-03-10T10:05:00Z')}`]);
    expect(jobs()[0]?.metadata.annotations).toEqual({
      'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-03-10T10:05:00Z',
    });
    expect(jobs()[0]?.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'CronJob', name: 'c', controller: true });
    expect(status()).toMatchObject({
      lastScheduleTime: '2026-03-10T10:05:00Z',
      active: [{ kind: 'Job', name: names()[0] }],
    });
    finish(jobs()[0]);
    await until('the end', () => status().lastSuccessfulTime === '2026-03-10T10:05:00Z');
    expect(status().active).toBeUndefined();
    expect(reasons()).toEqual(expect.arrayContaining(['SuccessfulCreate', 'SawCompletedJob']));
  });

  it('follows its time zone', async () => {
    create({ schedule: '0 12 * * *', timeZone: 'Europe/Warsaw' });
    clock.advance(3_600_000);
    await jobsMade(1);
    expect(status().lastScheduleTime).toBe('2026-03-10T11:00:00Z');
  });

  it('does not start twice after a restart between Job and status', async () => {
    create({});
    clock.advance(270_000);
    await jobsMade(1);
    await controllers.stop();
    mutate(registry, {
      resource: resources.cronJobs,
      place: { namespace: 'default', name: 'c' },
      subresource: 'status',
      change: (copy) => {
        copy['status'] = {};
      },
    });
    controllers = start();
    await until('the status again', () => status().active?.length === 1);
    expect(jobs()).toHaveLength(1);
    expect(status().lastScheduleTime).toBe('2026-03-10T10:05:00Z');
  });

  it('makes up for one start only after a long absence, and says so', async () => {
    create({ schedule: '* * * * *' });
    await settled();
    await controllers.stop();
    clock.advance(24 * 3_600_000);
    controllers = start();
    await jobsMade(1);
    expect(status().lastScheduleTime).toBe('2026-03-11T10:00:00Z');
    expect(reasons()).toContain('TooManyMissedTimes');
  });

  it('gives up on a start past its deadline', async () => {
    create({ schedule: '0 * * * *', startingDeadlineSeconds: 60 });
    await settled();
    await controllers.stop();
    clock.advance(3_600_000 + 1_800_000);
    controllers = start();
    await settled();
    expect(jobs()).toEqual([]);
    clock.advance(1_800_000);
    await jobsMade(1);
  });

  it('does nothing while suspended', async () => {
    create({ suspend: true });
    clock.advance(3_600_000);
    await settled();
    expect(jobs()).toEqual([]);
  });
});

describe('a start while the last Job runs', () => {
  it('Allow: both run', async () => {
    create({});
    clock.advance(270_000);
    await jobsMade(1);
    clock.advance(300_000);
    await jobsMade(2);
    expect(status().active).toHaveLength(2);
  });

  it('Forbid: waits for the end, then makes up for it', async () => {
    create({ concurrencyPolicy: 'Forbid' });
    clock.advance(270_000);
    await jobsMade(1);
    clock.advance(300_000);
    await until('the event', () => reasons().includes('JobAlreadyActive'));
    expect(jobs()).toHaveLength(1);
    finish(jobs()[0]);
    await jobsMade(2);
    expect(status().lastScheduleTime).toBe('2026-03-10T10:10:00Z');
  });

  it('Replace: the old one goes', async () => {
    create({ concurrencyPolicy: 'Replace' });
    clock.advance(270_000);
    await jobsMade(1);
    const [old] = names();
    clock.advance(300_000);
    await until('the new Job alone', () => jobs().length === 1 && names()[0] !== old);
    expect(status().active).toHaveLength(1);
  });
});

describe('history', () => {
  it('keeps as many ended Jobs as wanted', async () => {
    create({ successfulJobsHistoryLimit: 2, failedJobsHistoryLimit: 1 });
    clock.advance(270_000);
    for (let round = 0; round < 6; round += 1) {
      const job = await until('an active Job', () =>
        jobs().find(({ metadata }) => status().active?.[0]?.uid === metadata.uid),
      );
      finish(job, round % 2 === 0 ? 'Complete' : 'Failed');
      await until('no active Job', () => status().active === undefined);
      clock.advance(300_000);
    }
    await until('three ended Jobs and an active one', () => jobs().length === 4);
  });

  it('goes with the CronJob', async () => {
    create({});
    clock.advance(270_000);
    await jobsMade(1);
    registry.delete(resources.cronJobs, { namespace: 'default', name: 'c' });
    await until('no Jobs', () => jobs().length === 0);
  });
});

describe('what is refused', () => {
  it.each([
    ['schedule', { schedule: '' }],
    ['schedule', { schedule: '61 * * * *' }],
    ['schedule', { schedule: '* * * *' }],
    ['schedule', { schedule: 'CRON_TZ=UTC 0 3 * * *' }],
    ['schedule', { schedule: '@every day' }],
    ['timeZone', { timeZone: '' }],
    ['timeZone', { timeZone: 'Europe/Nowhere' }],
    ['timeZone', { timeZone: '+01:00' }],
  ])('%s: %o', (field, spec) => {
    let refused: unknown;
    try {
      create(spec);
    } catch (error) {
      refused = error;
    }
    expect(refused).toMatchObject({ code: 422, details: { causes: [{ field: `spec.${field}` }] } });
    expect(names()).toEqual([]);
  });
});
