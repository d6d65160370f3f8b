import type { KubeObject } from '@backstay/shared';
import { expect, it } from 'vitest';
import { asChild, inApplyOrder } from './children.ts';

const owner: KubeObject = {
  apiVersion: 'riotkit.org/v1alpha1',
  kind: 'ScheduledBackup',
  metadata: { name: 'app', namespace: 'apps', uid: '1' },
};
const rendered = (apiVersion: string, kind: string): KubeObject => ({ apiVersion, kind, metadata: { name: 'app' } });

it('are of five kinds, and what a Job needs comes before it', () => {
  const kinds = [
    rendered('batch/v1', 'Job'),
    rendered('batch/v1', 'CronJob'),
    rendered('bitnami.com/v1alpha1', 'SealedSecret'),
    rendered('v1', 'ConfigMap'),
    rendered('v1', 'Secret'),
  ].map((object) => asChild(object, owner));
  const sorted = inApplyOrder(kinds).map(({ kind }) => kind);
  expect(sorted).toEqual(['Secret', 'ConfigMap', 'SealedSecret', 'CronJob', 'Job']);
});

it.each([
  ['v1', 'Pod'],
  ['batch/v2', 'Job'],
  ['kubernetes-client.io/v1', 'ExternalSecret'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
])('are never %s %s', (apiVersion, kind) => {
  expect(() => asChild(rendered(apiVersion, kind), owner)).toThrow(kind);
});
