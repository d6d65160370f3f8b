import type { KubeList, KubeObject, ResourceType } from '@backstay/shared';
import type { ConnectionOptions } from './connection/connection.ts';
import { resolveConnection } from './connection/resolve-connection.ts';
import { collectionPath, creationPath, objectPath } from './http/resource-path.ts';
import { createTransport, type KubeRequest, type Transport } from './http/transport.ts';
import type { ApplyOptions, KubeClient, WriteOptions } from './kube-client.ts';
import { readPodLog, watchObjects } from './streams.ts';

const writeQuery = (options: WriteOptions = {}) => ({ dryRun: options.dryRun ? 'All' : undefined });

const applyQuery = (options: ApplyOptions) => ({
  ...writeQuery(options),
  fieldManager: options.fieldManager,
  force: options.force,
});

/** The API server refuses managedFields in an apply. */
const applyBody = <T extends KubeObject>(object: T): T => {
  const { managedFields, ...metadata } = object.metadata;
  return managedFields === undefined ? object : { ...object, metadata };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const readersOf = (
  transport: Transport,
): Pick<KubeClient, 'get' | 'list' | 'watch' | 'podLog' | 'mayI' | 'getRaw'> => ({
  get: async <T extends KubeObject>(type: ResourceType<T>, key: { namespace?: string; name: string }) =>
    (await transport.json({ method: 'GET', path: objectPath(type, key) })) as T,
  list: async <T extends KubeObject>(type: ResourceType<T>, options: Parameters<KubeClient['list']>[1] = {}) => {
    const { namespace, ...query } = options;
    const path = collectionPath(type, namespace);
    const list = (await transport.json({ method: 'GET', path, query })) as KubeList<T>;
    // Items of Kubernetes' own kinds come without these.
    const items = (list.items ?? []).map((item) => ({ ...item, apiVersion: type.apiVersion, kind: type.kind }));
    return { ...list, items };
  },
  watch: (type, options) => watchObjects(transport, type, options),
  podLog: (key, options) => readPodLog(transport, key, options),
  mayI: async (question) => {
    const review = (await transport.json({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        metadata: {},
        spec: { resourceAttributes: question },
      },
    })) as { status?: { allowed?: boolean } };
    return review.status?.allowed === true;
  },
  getRaw: async (path) => parsed(await transport.text({ method: 'GET', path })),
});

const writersOf = (
  transport: Transport,
): Pick<KubeClient, 'create' | 'replace' | 'mergePatch' | 'apply' | 'delete'> => {
  const write = async <T>(request: KubeRequest): Promise<T> => (await transport.json(request)) as T;
  return {
    create: (type, object, options) =>
      write({
        method: 'POST',
        path: creationPath(type, object.metadata.namespace),
        query: writeQuery(options),
        body: object,
      }),
    replace: (type, object, options) =>
      write({
        method: 'PUT',
        path: objectPath(type, object.metadata, options?.subresource),
        query: writeQuery(options),
        body: object,
      }),
    mergePatch: (type, key, { body, ...options }) =>
      write({
        method: 'PATCH',
        path: objectPath(type, key, options.subresource),
        query: writeQuery(options),
        body,
        contentType: 'application/merge-patch+json',
      }),
    apply: (type, object, options) =>
      write({
        method: 'PATCH',
        path: objectPath(type, object.metadata, options.subresource),
        query: applyQuery(options),
        body: applyBody(object),
        contentType: 'application/apply-patch+yaml',
      }),
    delete: async (type, key, options = {}) => {
      await transport.json({
        method: 'DELETE',
        path: objectPath(type, key),
        query: writeQuery(options),
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          propagationPolicy: options.propagationPolicy ?? 'Background',
          gracePeriodSeconds: options.gracePeriodSeconds,
          preconditions: options.uid === undefined ? undefined : { uid: options.uid },
        },
      });
    },
  };
};

const clientOver = (transport: Transport): KubeClient => ({
  server: transport.server,
  ...readersOf(transport),
  ...writersOf(transport),
  withToken: (token) => clientOver(transport.withToken(token)),
  close: () => transport.close(),
});

/**
 * Connects lazily. Without options it takes what kubectl would take (KUBECONFIG, ~/.kube/config), or the service account of
 * the Pod. Throws an Error that says what is wrong with a kubeconfig.
 */
export const createKubeClient = (options: ConnectionOptions = {}): KubeClient =>
  clientOver(createTransport(resolveConnection(options)));
