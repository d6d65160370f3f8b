import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createKubeClient } from '@backstay/kubernetes';
import { expect, it } from 'vitest';
import { configurationConformance } from './configuration-conformance.ts';
import { createKubernetesProvider } from './kubernetes-provider.ts';

/** As much of an API server as a reader of objects meets. */
const create = async () => {
  const objects = new Map<string, unknown>();
  let failing = 0;
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').split('?')[0] ?? '');
    const isList = /\/(backupusers|backupcollections)$/.test(path);
    const found = isList ? { kind: 'List', apiVersion: 'v1', metadata: {}, items: [] } : objects.get(path);
    const status = failing || (found === undefined ? 404 : 200);
    const reply =
      status === 200
        ? found
        : { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, reason: 'NotFound' };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createKubeClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'x' });
  return {
    provider: createKubernetesProvider(client, 'backups'),
    put: async (plural: string, name: string, document: unknown) => {
      const group = plural === 'secrets' ? '/api/v1' : '/apis/backups.riotkit.org/v1alpha1';
      objects.set(`${group}/namespaces/backups/${plural}/${name}`, document);
    },
    fail: (status: number) => {
      failing = status;
    },
    close: async () => {
      await client.close();
      server.closeAllConnections();
      server.close();
    },
  };
};

configurationConformance('Kubernetes', create);

it('tells an API server that fails from objects that are absent', async () => {
  const source = await create();
  source.fail(500);
  await expect(source.provider.user('shop')).rejects.toMatchObject({ status: 500 });
  source.fail(404);
  await expect(source.provider.check()).rejects.toThrow(/^cannot access Kubrenetes resources: /);
  await source.close();
});
