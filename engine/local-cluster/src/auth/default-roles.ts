import type { KubeObject } from '@backstay/shared';

const apiVersion = 'rbac.authorization.k8s.io/v1';
const bootstrap = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const aggregateTo = (role: string) => `rbac.authorization.k8s.io/aggregate-to-${role}`;
const readVerbs = ['get', 'list', 'watch'];
const writeVerbs = ['create', 'delete', 'deletecollection', 'patch', 'update'];

interface RuleText {
  apiGroups?: string[];
  resources?: string[];
  verbs: string[];
  nonResourceURLs?: string[];
}

const role = (name: string, rules: RuleText[], more: { labels?: object; aggregate?: string } = {}): KubeObject => ({
  apiVersion,
  kind: 'ClusterRole',
  metadata: { name, labels: { ...bootstrap, ...more.labels } },
  ...(more.aggregate
    ? { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregateTo(more.aggregate)]: 'true' } }] } }
    : { rules }),
});

const binding = (name: string, groups: string[]): KubeObject => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: { name, labels: bootstrap },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
  subjects: groups.map((group) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group })),
});

const core = (resources: string[], verbs: string[]): RuleText => ({ apiGroups: [''], resources, verbs });
const group = (name: string, resources: string[], verbs: string[]): RuleText => ({
  apiGroups: [name],
  resources,
  verbs,
});

const rbacGroup = 'rbac.authorization.k8s.io';
const batchKinds = ['cronjobs', 'cronjobs/status', 'jobs', 'jobs/status'];
const appKinds = [
  'deployments',
  'deployments/scale',
  'deployments/status',
  'replicasets',
  'replicasets/scale',
  'replicasets/status',
];
const labelled = (...roles: string[]) => ({
  labels: Object.fromEntries(roles.map((name) => [aggregateTo(name), 'true'])),
});

/** The roles that every Kubernetes cluster begins with, as far as they speak of kinds that are served here. */
export const defaultClusterRoles = (): KubeObject[] => [...userRoles(), ...systemRoles()];

const userRoles = (): KubeObject[] => [
  role('cluster-admin', [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ]),
  role('admin', [], { ...labelled(), aggregate: 'admin' }),
  role('edit', [], { ...labelled('admin'), aggregate: 'edit' }),
  role('view', [], { ...labelled('edit'), aggregate: 'view' }),
  role(
    'system:aggregate-to-admin',
    [
      group('authorization.k8s.io', ['localsubjectaccessreviews'], ['create']),
      group(rbacGroup, ['rolebindings', 'roles'], [...readVerbs, ...writeVerbs]),
    ],
    labelled('admin'),
  ),
  role(
    'system:aggregate-to-edit',
    [
      core(['secrets'], readVerbs),
      core(['configmaps', 'events', 'persistentvolumeclaims', 'pods', 'secrets', 'serviceaccounts'], writeVerbs),
      core(['serviceaccounts'], ['impersonate']),
      core(['serviceaccounts/token'], ['create']),
      group('apps', appKinds, writeVerbs),
      group('batch', batchKinds, writeVerbs),
      group('coordination.k8s.io', ['leases'], [...writeVerbs, ...readVerbs]),
    ],
    labelled('edit'),
  ),
  role(
    'system:aggregate-to-view',
    [
      core(
        [
          'configmaps',
          'events',
          'namespaces',
          'namespaces/status',
          'persistentvolumeclaims',
          'persistentvolumeclaims/status',
          'pods',
          'pods/log',
          'pods/status',
          'serviceaccounts',
        ],
        readVerbs,
      ),
      group('apps', appKinds, readVerbs),
      group('batch', batchKinds, readVerbs),
    ],
    labelled('view'),
  ),
];

const systemRoles = (): KubeObject[] => [
  role('system:discovery', [
    {
      nonResourceURLs: [
        '/api',
        '/api/*',
        '/apis',
        '/apis/*',
        '/healthz',
        '/livez',
        '/openapi',
        '/openapi/*',
        '/readyz',
        '/version',
        '/version/',
      ],
      verbs: ['get'],
    },
  ]),
  role('system:public-info-viewer', [
    { nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'], verbs: ['get'] },
  ]),
  role('system:basic-user', [
    group('authorization.k8s.io', ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], ['create']),
    group('authentication.k8s.io', ['selfsubjectreviews'], ['create']),
  ]),
  role('system:auth-delegator', [
    group('authentication.k8s.io', ['tokenreviews'], ['create']),
    group('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
  ]),
];

export const defaultClusterRoleBindings = (): KubeObject[] => [
  binding('cluster-admin', ['system:masters']),
  binding('system:discovery', ['system:authenticated']),
  binding('system:basic-user', ['system:authenticated']),
  binding('system:public-info-viewer', ['system:authenticated', 'system:unauthenticated']),
];
