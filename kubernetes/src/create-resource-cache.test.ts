import { type ConfigMap, resourceTypes } from '@backstay/shared';
import { afterEach, describe, expect, it } from 'vitest';
import type { CacheTiming } from './cache/timing.ts';
import { createKubeClient } from './create-kube-client.ts';
import { createResourceCache } from './create-resource-cache.ts';
import type { KubeClient } from './kube-client.ts';
import type { ResourceCache } from './resource-cache.ts';
import {
  answerJson,
  answerLines,
  answerStatus,
  type FakeAnswer,
  type FakeApiServer,
  startFakeApiServer,
  statusObject,
} from './testing/fake-api-server.ts';
import { freePort } from './testing/free-port.ts';
import { waitUntil } from './testing/processes.ts';

const quick: Partial<CacheTiming> = {
  watchSeconds: 30,
  graceMs: 200,
  retryBaseMs: 20,
  retryCapMs: 80,
  random: () => 0,
};

const item = (name: string, resourceVersion: string, more: Partial<ConfigMap['metadata']> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'ns', uid: `uid-${name}`, resourceVersion, ...more },
});
const listOf = (resourceVersion: string, items: ConfigMap[], more = {}): FakeAnswer =>
  answerJson({ kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion, ...more }, items });
const line = (type: string, object: unknown): string => JSON.stringify({ type, object });

interface Setup {
  server: FakeApiServer;
  cache: ResourceCache<ConfigMap>;
  changes: string[];
  errors: unknown[];
  names(): string[];
}

describe('ResourceCache', () => {
  const toClose: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of toClose.splice(0).toReversed()) {
      await close();
    }
  });

  const cacheOver = (client: KubeClient, timing: Partial<CacheTiming> = {}) => {
    const changes: string[] = [];
    const errors: unknown[] = [];
    const cache = createResourceCache({
      client,
      type: resourceTypes.configMaps,
      onError: (error) => errors.push(error),
      timing: { ...quick, ...timing },
    });
    cache.onChange(({ type, object, before }) =>
      changes.push(
        `${type} ${object.metadata.name}${type === 'modified' ? ` ${before?.metadata.resourceVersion}->${object.metadata.resourceVersion}` : ''}`,
      ),
    );
    toClose.push(cache.stop);
    const names = (): string[] =>
      cache
        .list()
        .map(({ metadata }) => metadata.name)
        .sort();
    return { cache, changes, errors, names };
  };

  const setUp = async (
    scripts: { list: FakeAnswer[]; watch: FakeAnswer[] },
    timing: Partial<CacheTiming> = {},
  ): Promise<Setup> => {
    const server = await startFakeApiServer(scripts);
    const client = createKubeClient({ server: server.url, token: 'secret' });
    toClose.push(server.stop, client.close);
    return { server, ...cacheOver(client, timing) };
  };

  it('lists in pages, then follows a watch; two events may come in one chunk', async () => {
    const glued = [line('MODIFIED', item('a', '11')), line('ADDED', item('c', '12')), line('DELETED', item('b', '13'))];
    const { server, cache, changes, names } = await setUp({
      list: [
        listOf('10', [item('a', '1')], { continue: 'more' }),
        listOf('10', [item('b', '2', { managedFields: [{}] })]),
      ],
      watch: [answerLines(glued)],
    });
    await cache.synced;
    await waitUntil('three events', () => changes.length === 5);
    expect(changes).toEqual(['added a', 'added b', 'modified a 1->11', 'added c', 'deleted b']);
    expect(names()).toEqual(['a', 'c']);
    expect(cache.get('ns', 'a')?.metadata.resourceVersion).toBe('11');
    expect(cache.list('other')).toEqual([]);
    expect(cache.fresh).toBe(true);
    const [first, second, watch] = server.requests;
    expect([first?.query.get('limit'), second?.query.get('continue')]).toEqual(['500', 'more']);
    expect(watch?.query.get('resourceVersion')).toBe('10');
    expect(watch?.query.get('allowWatchBookmarks')).toBe('true');
    expect(watch?.authorization).toBe('Bearer secret');
  });

  it('resumes where a bookmark says, without a new list', async () => {
    const { server, changes } = await setUp({
      list: [listOf('10', [])],
      watch: [
        answerLines([line('BOOKMARK', { metadata: { resourceVersion: '99' } })], 'end'),
        answerLines([line('ADDED', item('x', '100'))]),
      ],
    });
    await waitUntil('the event of the second watch', () => changes.includes('added x'));
    expect(server.requests.map(({ query }) => query.get('resourceVersion'))).toEqual([null, '10', '99']);
  });

  const lists = [listOf('10', [item('kept', '1'), item('gone', '2'), item('changed', '3'), item('again', '4')])];
  const after = [item('kept', '1'), item('changed', '30'), item('new', '31'), item('again', '32', { uid: 'other' })];
  const expected = ['deleted gone', 'modified changed 3->30', 'added new', 'deleted again', 'added again'];

  it.each([
    ['as the status of the answer', answerStatus(410, 'Expired')],
    ['as an event', answerLines([line('ERROR', statusObject(410, 'Expired'))])],
  ])('lists again after 410 %s, and announces the difference alone', async (_where, gone) => {
    const { changes, names } = await setUp({ list: [...lists, listOf('40', after)], watch: [gone, answerLines([])] });
    await waitUntil('the difference', () => changes.length === 9);
    expect(changes.slice(4)).toEqual(expected);
    expect(names()).toEqual(['again', 'changed', 'kept', 'new']);
  });

  it('starts the list again when the server forgot the pages', async () => {
    const { cache, names, errors } = await setUp({
      list: [
        listOf('10', [item('a', '1')], { continue: 'x' }),
        answerStatus(410, 'Expired'),
        listOf('11', [item('b', '2')]),
      ],
      watch: [answerLines([])],
    });
    await cache.synced;
    expect(names()).toEqual(['b']);
    expect(errors).toEqual([]);
  });

  it('reports a garbage line, and gets what came after it by asking again', async () => {
    const { server, changes, errors } = await setUp({
      list: [listOf('10', [])],
      watch: [
        answerLines([line('ADDED', item('a', '11')), '{"type":"ADD']),
        answerLines([line('ADDED', item('b', '12'))]),
      ],
    });
    await waitUntil('both objects', () => changes.length === 2);
    expect(changes).toEqual(['added a', 'added b']);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ name: 'KubeError', reason: 'BadResponse' });
    expect(server.requests.at(-1)?.query.get('resourceVersion')).toBe('11');
  });

  it('gives up a half-open connection and loses nothing', async () => {
    const { changes, errors, cache } = await setUp(
      {
        list: [listOf('10', [])],
        watch: [answerLines([line('ADDED', item('a', '11'))]), answerLines([line('ADDED', item('b', '12'))])],
      },
      { watchSeconds: 1, graceMs: 100 },
    );
    await waitUntil('the event after the silence', () => changes.includes('added b'), 4_000);
    expect(errors[0]).toMatchObject({ reason: 'Unreachable' });
    expect(cache.fresh).toBe(true);
  });

  it('is stale while the server is away, asks with growing pauses, and converges when it is back', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const first = await startFakeApiServer({ list: lists, watch: [answerLines([])] }, port);
    const client = createKubeClient({ server: url });
    toClose.push(client.close);
    const pauses: number[] = [];
    const { cache, changes, names } = cacheOver(client, {
      sleep: async (ms, signal) => {
        pauses.push(ms);
        await new Promise((resolve) => setTimeout(resolve, signal.aborted ? 0 : 5));
      },
    });
    await cache.synced;
    await first.stop();
    await waitUntil('staleness', () => !cache.fresh);
    await waitUntil('several tries', () => pauses.length > 8);
    const second = await startFakeApiServer({ list: [listOf('40', after)], watch: [answerLines([])] }, port);
    toClose.push(second.stop);
    await waitUntil('convergence', () => cache.fresh);
    expect(changes.slice(4)).toEqual(expected);
    expect(names()).toEqual(['again', 'changed', 'kept', 'new']);
    const growing = pauses.filter((pause) => pause >= 20).slice(0, 3);
    expect(growing).toEqual([20, 40, 80]);
  });

  it('asks at most once a base pause when the server fails every request at once', async () => {
    const { server, errors } = await setUp(
      { list: [answerStatus(500, 'InternalError')], watch: [answerLines([])] },
      { retryBaseMs: 50, retryCapMs: 50 },
    );
    await waitUntil('five failures', () => errors.length >= 5);
    const [first, last] = [server.requests[0], server.requests[4]];
    expect((last?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(4 * 45);
  });

  it('waits between watches that the server ends at once', async () => {
    const { server } = await setUp({ list: [listOf('10', [])], watch: [answerLines([], 'end')] }, { retryBaseMs: 50 });
    await waitUntil('five watches', () => server.requests.length >= 6);
    const watches = server.requests.slice(1);
    expect((watches.at(-1)?.at ?? 0) - (watches[0]?.at ?? 0)).toBeGreaterThanOrEqual(4 * 45);
  });

  it('goes on when a handler throws, and tells', async () => {
    const { cache, changes, errors } = await setUp({
      list: [listOf('10', [item('a', '1')])],
      watch: [answerLines([])],
    });
    await cache.synced;
    const off = cache.onChange(() => {
      throw new Error('handler');
    });
    off();
    expect(errors).toMatchObject([{ message: 'handler' }]);
    expect(changes).toEqual(['added a']);
  });

  it('stops while a request hangs', async () => {
    const { cache, server } = await setUp({ list: [() => undefined], watch: [answerLines([])] });
    await waitUntil('the request', () => server.requests.length === 1);
    await cache.stop();
    expect(cache.fresh).toBe(false);
  });

  it('keeps of an object what it is told to keep', async () => {
    const server = await startFakeApiServer({
      list: [listOf('1', [{ ...item('a', '1'), data: { big: 'x' } }])],
      watch: [answerLines([line('ADDED', { ...item('b', '2'), data: { big: 'y' } })])],
    });
    const client = createKubeClient({ server: server.url });
    toClose.push(server.stop, client.close);
    const cache = createResourceCache({
      client,
      type: resourceTypes.configMaps,
      transform: ({ data, ...rest }) => rest,
      timing: quick,
    });
    toClose.push(cache.stop);
    await waitUntil('both', () => cache.list().length === 2);
    expect(cache.list().some((object) => 'data' in object)).toBe(false);
  });
});
