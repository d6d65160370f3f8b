import { randomBytes } from 'node:crypto';
import type { Api } from './api.ts';

export const core = '/api/v1/namespaces/default';
export const batch = '/apis/batch/v1/namespaces/default';

/** A name that no other test has. */
export const unique = (prefix: string): string => `${prefix}-${randomBytes(4).toString('hex')}`;

export const configMap = (name: string, more: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data: { a: '1' },
  ...more,
});

export const container = { name: 'main', image: 'busybox:1', command: ['true'] };

export const job = (name: string, spec: object = {}, podSpec: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    suspend: true,
    template: { spec: { restartPolicy: 'Never', containers: [container], ...podSpec } },
    ...spec,
  },
});

export const cronJob = (name: string, spec: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name },
  spec: { schedule: '0 3 * * *', suspend: true, jobTemplate: { spec: job(name).spec }, ...spec },
});

export const deployment = (name: string, spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [container] } },
    ...spec,
  },
});

export async function createNamespace(api: Api): Promise<string> {
  const name = unique('ns');
  const { status, text } = await api.post('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  });
  if (status !== 201) throw new Error(text);
  return name;
}

/** Without what differs from one server and run to the next. */
// biome-ignore lint/suspicious/noExplicitAny: objects of every kind.
export function plainMeta(object: any): any {
  const { uid: _, resourceVersion: __, creationTimestamp: ___, managedFields: ____, ...metadata } = object.metadata;
  return { ...object, metadata };
}
