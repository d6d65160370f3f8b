import type { KubeClient } from '@backstay/kubernetes';
import { KubeError } from '@backstay/kubernetes';
import type { Event, KubeObject } from '@backstay/shared';
import { beforeEach, expect, it } from 'vitest';
import { createEventRecorder, type EventInput, type EventRecorder } from './event-recorder.ts';

const object = (uid: string): KubeObject => ({
  apiVersion: 'riotkit.org/v1alpha1',
  kind: 'ScheduledBackup',
  metadata: { name: 'app1', namespace: 'x', uid },
});
const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const failed = (message = 'no'): EventInput => ({ type: 'Warning', reason: 'ErrorOccurred', message });

const stored = new Map<string, Event>();
let time = 0;
let record: EventRecorder;

beforeEach(() => {
  stored.clear();
  time = Date.UTC(2026, 0, 1);
  const client = {
    create: (_type: unknown, event: Event) => {
      stored.set(event.metadata.name, event);
      return Promise.resolve(event);
    },
    mergePatch: (_type: unknown, { name }: { name: string }, { body }: { body: Partial<Event> }) => {
      const before = stored.get(name);
      if (before === undefined) {
        return Promise.reject(new KubeError(404, 'gone'));
      }
      stored.set(name, { ...before, ...body });
      return Promise.resolve(before);
    },
  };
  record = createEventRecorder(client as unknown as KubeClient, logger, () => new Date(time));
});

const counts = (): (number | undefined)[] => [...stored.values()].map(({ count }) => count);

it('counts what is told again, of the same object only', async () => {
  for (const uid of ['a', 'a', 'b', 'a']) {
    time += 60_000;
    await record(object(uid), failed());
  }
  await record(object('a'), failed('something else'));
  expect(counts()).toEqual([3, 1, 1]);
  const [first] = stored.values();
  expect([first?.firstTimestamp, first?.lastTimestamp]).toEqual(['2026-01-01T00:01:00Z', '2026-01-01T00:04:00Z']);
});

it('begins anew when the cluster has forgotten the event, and after an hour', async () => {
  await record(object('a'), failed());
  stored.clear();
  await record(object('a'), failed());
  expect(counts()).toEqual([1]);
  time += 61 * 60_000;
  await record(object('a'), failed());
  expect(counts()).toEqual([1, 1]);
});

it('leaves out the flood of one object, and tells of the others', async () => {
  for (let index = 0; index < 100; index += 1) {
    await record(object('flood'), failed(`no ${index}`));
  }
  await record(object('quiet'), failed());
  expect(stored.size).toBe(26);
  time += 5 * 60_000;
  await record(object('flood'), failed('later'));
  await record(object('flood'), failed('too early'));
  expect(stored.size).toBe(27);
});
