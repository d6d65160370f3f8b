import type { LiveChange } from '@backstay/shared';
import { QueryClient } from '@tanstack/react-query';
import { describe, expect, test, vi } from 'vitest';
import { TestEventSource } from '../test/browser-parts.ts';
import { job, schedule, uid } from '../test/fixtures.ts';
import { applyChanges } from './live-cache.ts';
import { openLiveEvents } from './live-events.ts';
import { type JobFilter, jobKeys } from './queries/jobs.ts';
import { scheduleKeys } from './queries/schedules.ts';

const upsertJob = (over: Parameters<typeof job>[0]): LiveChange => ({ noun: 'jobs', type: 'upsert', item: job(over) });

function withJobs(filter: JobFilter, pages: { items: ReturnType<typeof job>[]; total: number; next?: string }[]) {
  const client = new QueryClient();
  client.setQueryData(jobKeys.list(filter), { pages, pageParams: pages.map((_, index) => String(index)) });
  const read = () =>
    client.getQueryData<{ pages: { items: { name: string; state: string }[]; total: number }[] }>(jobKeys.list(filter));
  return { client, read };
}

describe('changes in the cache', () => {
  test('a burst of a hundred new jobs: all arrive, newest first, and the total counts them', () => {
    const { client, read } = withJobs({}, [{ items: [job()], total: 2001, next: '1' }]);
    const burst = Array.from({ length: 100 }, (_, index) =>
      upsertJob({
        id: uid(500 + index),
        name: `new-${index}`,
        createdAt: new Date(Date.UTC(2026, 10, 24, 0, index)).toISOString(),
      }),
    );
    applyChanges(client, burst);
    expect(read()?.pages[0]?.items).toHaveLength(101);
    expect(read()?.pages[0]?.items[0]?.name).toBe('new-99');
    expect(read()?.pages[0]?.total).toBe(2101);
  });

  test('a job leaves a filtered list when it no longer matches, and enters the one that it matches', () => {
    const { client, read } = withJobs({ state: 'running' }, [{ items: [job({ state: 'running' })], total: 1 }]);
    client.setQueryData(jobKeys.list({ state: 'failed' }), { pages: [{ items: [], total: 0 }], pageParams: [''] });
    applyChanges(client, [upsertJob({ state: 'failed' })]);
    expect(read()?.pages[0]).toMatchObject({ items: [], total: 0 });
    expect(client.getQueryData(jobKeys.list({ state: 'failed' }))).toMatchObject({ pages: [{ total: 1 }] });
  });

  test('a job older than everything loaded waits for its page', () => {
    const { client, read } = withJobs({}, [{ items: [job()], total: 10, next: '1' }]);
    applyChanges(client, [upsertJob({ id: uid(7), name: 'old', createdAt: '2026-01-01T00:00:00.000Z' })]);
    expect(read()?.pages[0]?.items).toHaveLength(1);
  });

  test('schedules are replaced, added and removed; the detail takes the summary over', () => {
    const client = new QueryClient();
    client.setQueryData(scheduleKeys.list(), { items: [schedule()], total: 1 });
    client.setQueryData(scheduleKeys.detail('default', 'photos'), { ...schedule(), manifest: 'kept' });
    applyChanges(client, [
      { noun: 'schedules', type: 'upsert', item: schedule({ state: 'overdue' }) },
      { noun: 'schedules', type: 'upsert', item: schedule({ id: uid(2), name: 'second' }) },
    ]);
    expect(client.getQueryData(scheduleKeys.list())).toMatchObject({
      total: 2,
      items: [{ state: 'overdue' }, { name: 'second' }],
    });
    expect(client.getQueryData(scheduleKeys.detail('default', 'photos'))).toMatchObject({
      state: 'overdue',
      manifest: 'kept',
    });
    applyChanges(client, [{ noun: 'schedules', type: 'remove', id: uid(1) }]);
    expect(client.getQueryData(scheduleKeys.list())).toMatchObject({ total: 1, items: [{ name: 'second' }] });
  });
});

describe('the event stream', () => {
  const open = () => {
    const onChanges = vi.fn();
    const onReload = vi.fn();
    const sources: TestEventSource[] = [];
    const events = openLiveEvents({
      onChanges,
      onReload,
      connect: (url) => {
        const source = new TestEventSource(url);
        sources.push(source);
        return source as unknown as EventSource;
      },
    });
    return { events, onChanges, onReload, sources };
  };

  test('gathers a burst into one batch', () => {
    vi.useFakeTimers();
    const { events, onChanges, sources } = open();
    sources[0]?.open();
    for (let index = 0; index < 100; index += 1) sources[0]?.say('change', upsertJob({ id: uid(index) }));
    expect(onChanges).not.toHaveBeenCalled();
    vi.advanceTimersByTime(60);
    expect(onChanges).toHaveBeenCalledTimes(1);
    expect(onChanges.mock.calls[0]?.[0]).toHaveLength(100);
    expect(events.state()).toBe('live');
    events.close();
    vi.useRealTimers();
  });

  test('connects anew after a refusal, says so meanwhile, and reloads what it may have missed', () => {
    vi.useFakeTimers();
    const { events, onReload, sources } = open();
    sources[0]?.open();
    sources[0]?.fail(2);
    expect(events.state()).toBe('lost');
    vi.advanceTimersByTime(3000);
    expect(sources).toHaveLength(2);
    sources[1]?.open();
    expect(events.state()).toBe('live');
    expect(onReload).toHaveBeenCalledTimes(1);
    events.close();
    vi.useRealTimers();
  });

  test('leaves a cut connection to the browser, which resumes it without a gap', () => {
    const { events, onReload, sources } = open();
    sources[0]?.open();
    sources[0]?.fail(0);
    expect(events.state()).toBe('lost');
    sources[0]?.open();
    expect(events.state()).toBe('live');
    expect(onReload).not.toHaveBeenCalled();
    expect(sources).toHaveLength(1);
    events.close();
  });

  test('a change that it cannot read means that everything is to be read anew', () => {
    const { events, onReload, sources } = open();
    sources[0]?.say('change', { noun: 'planets', type: 'upsert' });
    expect(onReload).toHaveBeenCalledTimes(1);
    events.close();
  });
});
