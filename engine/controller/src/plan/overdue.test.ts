import type { CronJob, Job } from '@backstay/shared';
import { describe, expect, it } from 'vitest';
import { existingSchedule } from '../testing/existing-user.ts';
import { findCondition, overdue } from './condition.ts';
import { punctualityOf } from './overdue.ts';
import { planScheduleStatus } from './schedule-status.ts';

const cronJob = (spec: Partial<CronJob['spec']> = {}, status: CronJob['status'] = {}): CronJob => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'app1-backup', namespace: 'x', creationTimestamp: '2026-03-01T00:00:00Z' },
  spec: { schedule: '0 2 * * *', jobTemplate: { spec: { template: { spec: { containers: [] } } } }, ...spec },
  status,
});
const succeeded = (completionTime: string): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'run', namespace: 'x', creationTimestamp: completionTime },
  spec: { template: { spec: { containers: [] } } },
  status: { succeeded: 1, completionTime, conditions: [{ type: 'Complete', status: 'True' }] },
});
const alarm = (made: CronJob | undefined, jobs: Job[] = []): string | undefined => {
  const { alarmAt } = punctualityOf(made, jobs);
  return alarmAt === undefined ? undefined : new Date(alarmAt).toISOString();
};

describe('the alarm of a schedule that does not run', () => {
  it.each([
    ['an hour after the second start since its creation', alarm(cronJob()), '2026-03-02T03:00:00.000Z'],
    [
      'since its last success',
      alarm(cronJob({}, { lastSuccessfulTime: '2026-03-10T02:07:00Z' })),
      '2026-03-12T03:00:00.000Z',
    ],
    [
      'since the success of a Job that the CronJob has not noted yet',
      alarm(cronJob({}, { lastSuccessfulTime: '2026-03-10T02:07:00Z' }), [succeeded('2026-03-11T02:03:00Z')]),
      '2026-03-13T03:00:00.000Z',
    ],
    [
      'a period after the second start when that is shorter',
      alarm(cronJob({ schedule: '*/10 * * * *' }, { lastSuccessfulTime: '2026-03-10T02:01:00Z' })),
      '2026-03-10T02:30:00.000Z',
    ],
    [
      'by the clock of its zone, over a change of it',
      alarm(
        cronJob({ timeZone: 'Europe/Warsaw', schedule: '0 4 * * *' }, { lastSuccessfulTime: '2026-03-28T03:05:00Z' }),
      ),
      '2026-03-30T03:00:00.000Z',
    ],
    ['never while it is paused', alarm(cronJob({ suspend: true })), undefined],
    ['never for a start that does not come', alarm(cronJob({ schedule: '0 0 30 2 *' })), undefined],
    ['never for what cannot be read', alarm(cronJob({ schedule: 'whenever' })), undefined],
    ['never without a CronJob', alarm(undefined), undefined],
  ])('comes %s', (_when, at, expected) => {
    expect(at).toBe(expected);
  });
});

describe('the status of a schedule that does not run', () => {
  const schedule = { ...existingSchedule('x'), metadata: { name: 'app1', namespace: 'x', uid: 'u', generation: 1 } };
  const child = { ...cronJob(), metadata: { ...cronJob().metadata, labels: { 'riotkit.org/job-tracking-id': 't' } } };
  const plan = (now: string, status = {}, made = child) =>
    planScheduleStatus(
      { ...schedule, status },
      { children: [child], publicKeyOnly: false, cronJob: made, jobs: [], now },
    );

  it('says since when, is unhealthy, and recovers with the next success', () => {
    expect(plan('2026-03-02T02:59:59Z')).toMatchObject({ healthy: true });
    const late = plan('2026-03-02T03:00:00Z');
    expect(late.healthy).toBe(false);
    expect(findCondition(late.conditions, overdue)).toMatchObject({
      status: 'True',
      reason: 'RunsMissed',
      message: expect.stringContaining('never succeeded'),
    });
    const good = { ...child, status: { lastSuccessfulTime: '2026-03-02T04:00:00Z' } };
    const after = plan('2026-03-02T05:00:00Z', late, good);
    expect([after.healthy, findCondition(after.conditions, overdue)]).toEqual([true, undefined]);
  });
});
