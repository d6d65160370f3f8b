import { engineGroup, type KubeObject, resourceTypes } from '@backstay/shared';
import { leaseName } from './leader/leader-election.ts';

/** rbac.authorization.k8s.io PolicyRule. */
export interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

const version = 'rbac.authorization.k8s.io/v1';

/** In the namespaces that are worked on: the whole cluster, or one. A child that is applied is created and patched. */
const workRules: readonly PolicyRule[] = [
  { apiGroups: [engineGroup], resources: ['scheduledbackups', 'requestedbackupactions'], verbs: ['list', 'watch'] },
  {
    apiGroups: [engineGroup],
    resources: ['scheduledbackups/status', 'requestedbackupactions/status'],
    verbs: ['patch'],
  },
  {
    apiGroups: [''],
    resources: ['secrets', 'configmaps'],
    verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
  },
  { apiGroups: ['batch'], resources: ['cronjobs'], verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'] },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list', 'watch', 'create'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
  { apiGroups: ['bitnami.com'], resources: ['sealedsecrets'], verbs: ['create', 'patch'] },
];

/** Of kinds without a namespace. */
const clusterRules: readonly PolicyRule[] = [
  { apiGroups: [engineGroup], resources: ['clusterbackupproceduretemplates'], verbs: ['list', 'watch'] },
];

/** In the namespace of the Lease. A right to create knows no names. */
const electionRules: readonly PolicyRule[] = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: [leaseName], verbs: ['get', 'update'] },
];

/**
 * What the controller may do: exactly what its requests need, which a test proves against a real API server in both directions.
 * `work` belongs into a ClusterRole, or into a Role when the controller is limited to one namespace; `cluster` always into a
 * ClusterRole; `election` into a Role of the Lease's namespace.
 */
export const controllerRules = { work: workRules, cluster: clusterRules, election: electionRules } as const;

const kinds = [
  resourceTypes.scheduledBackups,
  resourceTypes.requestedBackupActions,
  resourceTypes.clusterBackupProcedureTemplates,
];

const aggregated = (to: readonly string[]): Record<string, string> =>
  Object.fromEntries(to.map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']));

const personRole = (plural: string, role: 'editor' | 'viewer'): KubeObject => {
  const read = ['get', 'list', 'watch'];
  const verbs = role === 'viewer' ? read : [...read, 'create', 'delete', 'deletecollection', 'patch', 'update'];
  const isTemplate = plural === resourceTypes.clusterBackupProcedureTemplates.plural;
  // A template is code that runs in every namespace that names it: no namespace's editor may write one.
  const to = role === 'viewer' ? ['view', 'edit', 'admin'] : isTemplate ? [] : ['edit', 'admin'];
  return {
    apiVersion: version,
    kind: 'ClusterRole',
    metadata: { name: `backstay-${plural.replace(/s$/, '')}-${role}`, labels: aggregated(to) },
    rules: [
      { apiGroups: [engineGroup], resources: [plural], verbs },
      { apiGroups: [engineGroup], resources: [`${plural}/status`], verbs: ['get'] },
    ],
  };
};

/** ClusterRoles for people, an editor's and a viewer's of each kind, which the cluster's own `view` and `edit` take up. */
export const personRoles = (): KubeObject[] =>
  kinds.flatMap(({ plural }) => [personRole(plural, 'editor'), personRole(plural, 'viewer')]);

/** The controller's ClusterRole, and the Role for the namespace of its Lease, both named `name`. */
export const controllerRoles = (name = 'backstay-controller'): KubeObject[] => [
  {
    apiVersion: version,
    kind: 'ClusterRole',
    metadata: { name },
    rules: [...workRules, ...clusterRules],
  },
  { apiVersion: version, kind: 'Role', metadata: { name: `${name}-leader-election` }, rules: [...electionRules] },
];
