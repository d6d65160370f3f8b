import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createKubeClient, type KubeClient, KubeError } from '@backstay/kubernetes';
import { type KubeApiserver, kubeApiserverAssets, startKubeApiserver, waitUntil } from '@backstay/kubernetes/testing';
import { customResourceDefinitions, type KubeObject, type ResourceType, resourceTypes } from '@backstay/shared';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configurationConformance } from './configuration-conformance.ts';
import { createKubernetesProvider } from './kubernetes-provider.ts';

const { customResourceDefinitions: definitions } = resourceTypes;

/** As an older installation has them: no rule about what a spec holds. */
const withoutRules = (definition: KubeObject): KubeObject => {
  const text = JSON.stringify(definition, (key, value: unknown) =>
    key === 'openAPIV3Schema' ? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } : value,
  );
  return JSON.parse(text) as KubeObject;
};

const install = async (client: KubeClient, change: (definition: KubeObject) => KubeObject): Promise<void> => {
  const ours = customResourceDefinitions().filter(({ metadata }) => metadata.name.endsWith('.backups.riotkit.org'));
  for (const definition of ours.map(change)) {
    await client.create(definitions, definition);
  }
  const types: ResourceType[] = [resourceTypes.backupUsers, resourceTypes.backupCollections];
  for (const type of types) {
    await waitUntil(`the API of ${type.plural}`, async () => {
      try {
        await client.list(type, { namespace: 'backups' });
        return true;
      } catch {
        return false;
      }
    });
  }
};

const typeOf: Record<string, ResourceType> = {
  backupusers: resourceTypes.backupUsers,
  backupcollections: resourceTypes.backupCollections,
  secrets: resourceTypes.secrets,
};

const put = async (client: KubeClient, [plural, name]: [string, string], document: unknown): Promise<void> => {
  const type = typeOf[plural] ?? resourceTypes.secrets;
  const metadata = { name, namespace: 'backups' };
  const object = { ...(document as KubeObject), apiVersion: type.apiVersion, kind: type.kind, metadata };
  try {
    await client.create<KubeObject>(type, object);
  } catch (error) {
    if (!(error instanceof KubeError && error.status === 409)) {
      throw error;
    }
    const { metadata: present } = await client.get<KubeObject>(type, metadata);
    await client.replace<KubeObject>(type, {
      ...object,
      metadata: { ...metadata, resourceVersion: present.resourceVersion },
    });
  }
};

describe.skipIf(kubeApiserverAssets() === undefined)('with a kube-apiserver (KUBEBUILDER_ASSETS)', () => {
  const servers: KubeApiserver[] = [];
  const create = async (change: (definition: KubeObject) => KubeObject) => {
    const server = await startKubeApiserver();
    servers.push(server);
    const client = createKubeClient({
      server: server.url,
      token: server.adminToken,
      caCertificate: server.caCertificate,
    });
    await client.create<KubeObject>(resourceTypes.namespaces, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'backups' },
    });
    await install(client, change);
    return {
      client,
      provider: createKubernetesProvider(client, 'backups'),
      put: (plural: string, name: string, document: unknown) => put(client, [plural, name], document),
      namesAreKeys: true,
      close: () => client.close(),
    };
  };
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
  });

  configurationConformance('Kubernetes', () => create(withoutRules));

  describe('and its definitions', () => {
    let source: Awaited<ReturnType<typeof create>>;
    beforeAll(async () => {
      source = await create((definition) => definition);
    });
    afterAll(() => source.close());

    it('names the field that the cluster refuses', async () => {
      const { documents } = source.provider;
      const work = documents.create('BackupUser', 'bad', { email: 'canary-value', roles: ['canary-role'] });
      await expect(work).rejects.toMatchObject({ reason: 'invalid', message: expect.stringContaining('spec.roles') });
      await expect(work).rejects.not.toThrow(/canary/);
    });

    it('pages through many documents', async () => {
      const { documents } = source.provider;
      const names = Array.from({ length: 620 }, (_, index) => `many-${String(index).padStart(4, '0')}`);
      await Promise.all(names.map((name) => documents.create('BackupUser', name, { email: '', roles: [] })));
      const listed = await documents.list('BackupUser');
      expect(listed.map(({ name }) => name)).toEqual(names);
    });
  });
});

/** An API server that has nothing, or fails. */
const createFailing = async () => {
  let status = 404;
  const server = createServer((_request, response) => {
    const reply = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, reason: 'NotFound' };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createKubeClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'x' });
  return {
    provider: createKubernetesProvider(client, 'backups'),
    fail: (newStatus: number) => {
      status = newStatus;
    },
    close: async () => {
      await client.close();
      server.closeAllConnections();
      server.close();
    },
  };
};

it('tells an API server that fails from objects that are absent', async () => {
  const source = await createFailing();
  source.fail(500);
  await expect(source.provider.user('shop')).rejects.toMatchObject({ status: 500 });
  await expect(source.provider.documents.find('BackupUser', 'shop')).rejects.toMatchObject({ status: 500 });
  source.fail(404);
  expect(await source.provider.user('shop')).toBeUndefined();
  await expect(source.provider.check()).rejects.toThrow(/^cannot access Kubrenetes resources: /);
  source.fail(403);
  const written = source.provider.documents.create('BackupUser', 'x', {});
  await expect(written).rejects.toMatchObject({ reason: 'read-only' });
  await source.close();
});
