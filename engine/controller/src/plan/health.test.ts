import type { ChildHealth, Job } from '@backstay/shared';
import { describe, expect, it } from 'vitest';
import { cronJobHealth, jobHealth } from './health.ts';

const jobWith = (status: Job['status'], metadata: Partial<Job['metadata']> = {}): Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'j', ...metadata },
  spec: { template: { spec: { containers: [] } } },
  status,
});
const condition = (type: string, reason = '', message = '') => ({
  conditions: [{ type, status: 'True', reason, message }],
});

describe('jobHealth', () => {
  it.each<[string, Job['status'], Partial<ChildHealth>]>([
    ['an empty status', undefined, { running: true, succeeded: false, failed: false }],
    ['an active Pod', { active: 1 }, { running: true }],
    ['a Pod that succeeded', { succeeded: 1 }, { succeeded: true, running: false }],
    ['the condition Complete', condition('Complete'), { succeeded: true }],
    [
      'a failed Pod, whatever else',
      { failed: 1, active: 1, succeeded: 1 },
      { failed: true, running: false, succeeded: false },
    ],
    [
      'the condition Failed',
      condition('Failed', 'PodFailurePolicy', 'no node'),
      { failed: true, message: 'Job j failed: no node' },
    ],
    [
      'a deadline',
      condition('Failed', 'DeadlineExceeded'),
      { failed: true, message: 'Job j took longer than its deadline allows.' },
    ],
  ])('reads %s', (_what, status, expected) => {
    expect(jobHealth('id', jobWith(status), undefined)).toMatchObject({
      apiVersion: 'batch/v1',
      kind: 'Job',
      trackingId: 'id',
      ...expected,
    });
  });

  it('names who cancelled', () => {
    const annotations = { 'backstay.riotkit.org/cancelled-by': 'anna' };
    const job = jobWith(condition('Failed', 'DeadlineExceeded'), { annotations });
    expect(jobHealth('id', job, undefined).message).toBe('Cancelled by anna.');
  });

  it('keeps a result for ever, and mends the identity that older controllers left empty', () => {
    const failed: ChildHealth = {
      apiVersion: '',
      kind: '',
      trackingId: 'id',
      message: 'm',
      succeeded: false,
      running: false,
      failed: true,
    };
    expect(jobHealth('id', jobWith({ succeeded: 1 }), failed)).toEqual({
      ...failed,
      apiVersion: 'batch/v1',
      kind: 'Job',
    });
    expect(jobHealth('id', undefined, failed).failed).toBe(true);
  });

  it('calls a Job that vanished while it ran failed', () => {
    const running = jobHealth('id', jobWith({ active: 1 }), undefined);
    expect(jobHealth('id', undefined, running)).toMatchObject({ failed: true, running: false });
  });
});

describe('cronJobHealth', () => {
  const at = (creationTimestamp: string, status: Job['status']): Job =>
    jobWith(status, { name: creationTimestamp, creationTimestamp });
  const none = { item: undefined, healthy: undefined };
  const health = (jobs: Job[], before: Parameters<typeof cronJobHealth>[1] = none) =>
    cronJobHealth({ trackingId: 'id', cronJob: undefined, jobs }, before);

  it('has nothing to complain about before the first run', () => {
    expect(health([])).toMatchObject({ healthy: true, item: { running: false, succeeded: false, failed: false } });
  });
  it('takes the newest Job, and stays healthy while the next one runs', () => {
    const jobs = [at('2026-02-01T00:00:00Z', { active: 1 }), at('2026-01-01T00:00:00Z', { succeeded: 1 })];
    expect(health(jobs)).toMatchObject({ healthy: true, item: { running: true } });
    expect(health([at('2026-03-01T00:00:00Z', { failed: 1 }), ...jobs])).toMatchObject({
      healthy: false,
      item: { failed: true },
    });
  });
  it('keeps what was known when old Jobs are cleaned up', () => {
    const { item } = health([at('2026-01-01T00:00:00Z', { succeeded: 1 })]);
    expect(health([], { item, healthy: true })).toEqual({ item, healthy: true });
  });
});
