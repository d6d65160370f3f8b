import { resourceTypes } from '@backstay/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubeClient } from './create-kube-client.ts';
import type { KubeClient } from './kube-client.ts';
import { type KubeApiserver, kubeApiserverAssets, startKubeApiserver } from './testing/kube-apiserver.ts';

const { configMaps, namespaces, secrets } = resourceTypes;
const assets = kubeApiserverAssets();

describe.skipIf(assets === undefined)('KubeClient on a real kube-apiserver (KUBEBUILDER_ASSETS)', () => {
  let server: KubeApiserver;
  let client: KubeClient;
  const guestToken = 'guest-token';

  beforeAll(async () => {
    server = await startKubeApiserver({ users: [{ name: 'guest', token: guestToken }] });
    client = createKubeClient({ kubeconfig: server.kubeconfigPath });
  });
  afterAll(async () => {
    await client?.close();
    await server?.stop();
  });

  const configMap = (name: string, data: Record<string, string> = {}) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap' as const,
    metadata: { name, namespace: 'default' },
    data,
  });

  it('writes, reads, lists in pages and deletes', async () => {
    for (const name of ['a', 'b', 'c']) {
      await client.create(configMaps, {
        ...configMap(name, { key: 'zażółć' }),
        metadata: { name, namespace: 'default', labels: { set: 'crud' } },
      });
    }
    const first = await client.list(configMaps, { labelSelector: 'set=crud', limit: 2 });
    const rest = await client.list(configMaps, {
      labelSelector: 'set=crud',
      limit: 2,
      continue: first.metadata.continue,
    });
    expect([...first.items, ...rest.items].map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ConfigMap a',
      'ConfigMap b',
      'ConfigMap c',
    ]);
    const patched = await client.mergePatch(
      configMaps,
      { namespace: 'default', name: 'a' },
      { body: { data: { more: '1' } } },
    );
    expect(patched.data).toEqual({ key: 'zażółć', more: '1' });
    await expect(
      client.replace(configMaps, { ...patched, metadata: { ...patched.metadata, resourceVersion: '1' } }),
    ).rejects.toMatchObject({
      status: 409,
      reason: 'Conflict',
    });
    await client.delete(configMaps, { namespace: 'default', name: 'a' });
    await expect(client.get(configMaps, { namespace: 'default', name: 'a' })).rejects.toMatchObject({
      name: 'KubeError',
      status: 404,
      reason: 'NotFound',
    });
  });

  it('applies on the server, reports conflicts, takes over by force, and changes nothing in a dry run', async () => {
    await client.apply(configMaps, configMap('applied', { x: '1' }), { fieldManager: 'one' });
    await expect(
      client.apply(configMaps, configMap('applied', { x: '2' }), { fieldManager: 'two' }),
    ).rejects.toMatchObject({
      status: 409,
    });
    const dry = await client.apply(configMaps, configMap('applied', { x: '3' }), {
      fieldManager: 'two',
      force: true,
      dryRun: true,
    });
    expect(dry.data).toEqual({ x: '3' });
    expect((await client.get(configMaps, { namespace: 'default', name: 'applied' })).data).toEqual({ x: '1' });
    const forced = await client.apply(configMaps, dry, { fieldManager: 'two', force: true });
    expect(forced.data).toEqual({ x: '3' });
  });

  it('names the fields of an invalid object', async () => {
    const bad = { ...configMap('bad'), metadata: { name: 'bad', namespace: 'default', labels: { 'a b': '' } } };
    const error = await client.create(configMaps, bad).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 422, reason: 'Invalid' });
    expect(error).toHaveProperty('causes.0.field', 'metadata.labels');
  });

  it('acts as somebody else over the same pool, and never with rights of its own', async () => {
    const guest = client.withToken(guestToken);
    await expect(guest.list(secrets, { namespace: 'default' })).rejects.toMatchObject({
      status: 403,
      reason: 'Forbidden',
    });
    await expect(client.withToken('unknown').list(namespaces)).rejects.toMatchObject({ status: 401 });
    const question = { verb: 'list', resource: 'secrets', namespace: 'default' };
    expect([await client.mayI(question), await guest.mayI(question)]).toEqual([true, false]);
    await guest.close();
    expect((await client.list(namespaces)).items.length).toBeGreaterThan(0);
  });

  it('watches changes in order until it is told to stop', async () => {
    const stop = new AbortController();
    const { metadata } = await client.list(configMaps, { namespace: 'default' });
    const seen: string[] = [];
    const watching = (async () => {
      const options = { namespace: 'default', resourceVersion: metadata.resourceVersion ?? '', signal: stop.signal };
      for await (const event of client.watch(configMaps, options)) {
        seen.push(`${event.type} ${event.object.metadata.name}`);
        if (event.type === 'DELETED') {
          stop.abort();
        }
      }
    })();
    await client.create(configMaps, configMap('watched'));
    await client.delete(configMaps, { namespace: 'default', name: 'watched' });
    await watching;
    expect(seen).toEqual(['ADDED watched', 'DELETED watched']);
  });

  it('refuses a server whose certificate is not from the given authority', async () => {
    const stranger = createKubeClient({ server: server.url, token: server.adminToken });
    await expect(stranger.getRaw('/version')).rejects.toMatchObject({ status: 0, reason: 'Unreachable' });
    await stranger.close();
  });
});
