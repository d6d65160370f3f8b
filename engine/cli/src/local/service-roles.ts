import { controllerRules, type PolicyRule } from '@backstay/controller';
import type { KubeObject, ResourceType } from '@backstay/shared';

const rbac = 'rbac.authorization.k8s.io/v1';
const group = 'rbac.authorization.k8s.io';

export const clusterRoles: ResourceType = {
  apiVersion: rbac,
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
};
export const clusterRoleBindings: ResourceType = {
  apiVersion: rbac,
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
};

const read = ['get', 'list', 'watch'];

/** What each part of the process may do in the cluster: no more than its work needs. The console's account sees no Secrets. */
const rules: Record<ServiceName, readonly PolicyRule[]> = {
  controller: [...controllerRules.work, ...controllerRules.cluster],
  console: [
    { apiGroups: [''], resources: ['namespaces', 'pods', 'events'], verbs: read },
    { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
    { apiGroups: ['batch'], resources: ['jobs', 'cronjobs'], verbs: read },
    { apiGroups: ['riotkit.org', 'backups.riotkit.org'], resources: ['*'], verbs: read },
    { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: read },
  ],
  repository: [
    { apiGroups: ['backups.riotkit.org'], resources: ['backupusers', 'backupcollections'], verbs: read },
    { apiGroups: [''], resources: ['secrets'], verbs: ['get'] },
  ],
};

export type ServiceName = 'controller' | 'console' | 'repository';

export const serviceAccountName = (name: ServiceName): string => `system:serviceaccount:backstay-system:${name}`;

/** The role of a part, and the binding that gives it to the part's identity. */
export function serviceRole(name: ServiceName): [KubeObject, KubeObject] {
  const metadata = { name: `backstay-${name}` };
  return [
    { apiVersion: rbac, kind: 'ClusterRole', metadata, rules: rules[name] },
    {
      apiVersion: rbac,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: metadata.name },
      subjects: [{ apiGroup: group, kind: 'User', name: serviceAccountName(name) }],
    },
  ];
}
