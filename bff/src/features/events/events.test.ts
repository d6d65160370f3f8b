import { liveChangeSchema, resourceTypes, type ScheduledBackup } from '@backstay/shared';
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

interface Received {
  id: string;
  event: string;
  data: unknown;
}

/** A tab: what it received so far, and whether the server ended the stream. */
async function openTab(lastEventId?: string) {
  const abort = new AbortController();
  const response = await harness.fetch('/api/events', {
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
    signal: abort.signal,
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('content-encoding')).toBeNull();
  const tab = { events: [] as Received[], ended: false, close: () => abort.abort() };
  void readTab(response, tab);
  await eventually(() => expect(tab.events.length).toBeGreaterThan(0));
  return tab;
}

async function readTab(response: Response, tab: { events: Received[]; ended: boolean }): Promise<void> {
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const frames = text.split('\n\n');
      text = frames.pop() ?? '';
      for (const frame of frames) {
        const fields = Object.fromEntries(frame.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
        if (fields['event'] !== undefined) {
          tab.events.push({ id: fields['id'], event: fields['event'], data: JSON.parse(fields['data']) });
        }
      }
    }
  } catch {
    // Closed by the test.
  }
  tab.ended = true;
}

const schedule = (name: string, namespace = 'shop'): ScheduledBackup => ({
  apiVersion: 'riotkit.org/v1alpha1',
  kind: 'ScheduledBackup',
  metadata: { name, namespace },
  spec: {
    operation: 'backup',
    collectionId: 'orders',
    cronJob: { enabled: true, scheduleEvery: '0 2 * * *' },
    gpgKeySecretRef: {
      ...{ secretName: 'k', publicKey: '', privateKey: '', passphraseKey: '' },
      ...{ email: 'a@example.org', createIfNotExists: true },
    },
    templateRef: { kind: 'internal', name: 'files' },
    tokenSecretRef: { secretName: 't', tokenKey: 'token' },
    varsSecretRef: {},
    vars: '',
  },
});

const changesOf = (tab: { events: Received[] }) =>
  tab.events.filter((event) => event.event === 'change').map((event) => liveChangeSchema.parse(event.data));

describe('the event stream', () => {
  it('brings every one of a burst of 100 changes, and the last state of one object', async () => {
    const tab = await openTab();
    for (let number = 0; number < 100; number += 1) {
      harness.cluster.put(resourceTypes.scheduledBackups, schedule(`s-${number}`));
    }
    await eventually(() => expect(changesOf(tab)).toHaveLength(100));
    for (let number = 0; number < 50; number += 1) {
      const object = schedule('s-0');
      object.spec.cronJob.suspend = number % 2 === 1;
      harness.cluster.put(resourceTypes.scheduledBackups, object);
    }
    await eventually(() => {
      expect(changesOf(tab).at(-1)).toMatchObject({
        noun: 'schedules',
        type: 'upsert',
        item: { name: 's-0', paused: true },
      });
    });
    harness.cluster.remove(resourceTypes.scheduledBackups, 'shop', 's-0');
    await eventually(() => expect(changesOf(tab).at(-1)).toMatchObject({ noun: 'schedules', type: 'remove' }));
  });

  it('tells a job from its start to its record', async () => {
    const tab = await openTab();
    const job = new FakeJob(harness.cluster);
    const last = () => changesOf(tab).findLast((change) => change.noun === 'jobs');
    await eventually(() => expect(last()).toMatchObject({ item: { state: 'pending' } }));
    job.run(() => lines('msg'));
    await eventually(() => expect(last()).toMatchObject({ item: { state: 'running' } }));
    job.succeed();
    await eventually(() => expect(last()).toMatchObject({ item: { state: 'succeeded', archived: false } }));
    job.remove();
    await eventually(() => expect(last()).toMatchObject({ item: { state: 'succeeded', archived: true } }));
  });

  it('resumes after the last event, and says when it cannot', async () => {
    const first = await openTab();
    const { id } = first.events[0] ?? { id: '' };
    first.close();
    harness.cluster.put(resourceTypes.scheduledBackups, schedule('missed'));
    await eventually(async () => {
      const tab = await openTab(id);
      tab.close();
      expect(changesOf(tab)).toMatchObject([{ item: { name: 'missed' } }]);
    });
    const stranger = await openTab('00000000-7');
    expect(stranger.events[0]?.event).toBe('reload');
  });

  it('shows a person nothing of namespaces that are closed to them', async () => {
    harness.cluster.people.set(personToken, { may: ({ namespace }) => namespace === 'default' });
    const tab = await openTab();
    harness.cluster.put(resourceTypes.scheduledBackups, schedule('secret', 'shop'));
    harness.cluster.put(resourceTypes.scheduledBackups, schedule('open', 'default'));
    await eventually(() => expect(changesOf(tab)).toHaveLength(1));
    expect(changesOf(tab)).toMatchObject([{ item: { name: 'open' } }]);
  });

  it('ends with the session', async () => {
    const tab = await openTab();
    await harness.call('DELETE', '/api/session');
    await eventually(() => expect(tab.ended).toBe(true));
    expect((await harness.fetch('/api/events')).status).toBe(401);
  });
});
