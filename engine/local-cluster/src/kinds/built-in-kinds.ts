import type { KubeObject } from '@backstay/shared';
import { arrayAt, at, stringAt } from '../json.ts';
import { definition } from '../schema/built-in-schemas.ts';
import { age, count, since, text } from './columns.ts';
import {
  claimStrategy,
  configMapStrategy,
  eventStrategy,
  leaseStrategy,
  namespaceStrategy,
  secretStrategy,
} from './core-kinds.ts';
import { cronJobColumns, cronJobStrategy } from './cron-jobs.ts';
import { crdColumns, crdStrategy } from './custom-resource-definitions.ts';
import { deploymentColumns, deploymentStrategy, replicaSetColumns, replicaSetStrategy } from './deployments.ts';
import { jobColumns, jobStrategy } from './jobs.ts';
import { apiVersionOf, type Kind } from './kind.ts';
import { podColumns, podStrategy } from './pods.ts';
import { bindingColumns, bindingStrategy, roleColumns, roleStrategy } from './rbac-kinds.ts';

type Given = Pick<Kind, 'kind' | 'plural'> &
  Partial<
    Pick<
      Kind,
      'shortNames' | 'categories' | 'namespaced' | 'subresources' | 'columns' | 'nameless' | 'selectable' | 'strategy'
    >
  >;

const make =
  (group: string, version: string, prefix: string) =>
  (given: Given): Kind => ({
    group,
    version,
    singular: given.kind.toLowerCase(),
    listKind: `${given.kind}List`,
    shortNames: [],
    categories: [],
    namespaced: true,
    subresources: [],
    columns: [age],
    selectable: {},
    strategy: {},
    storageKey: group === '' ? given.plural : `${given.plural}.${group}`,
    storageVersion: apiVersionOf({ group, version }),
    custom: false,
    definitionName: `${prefix}.${given.kind}`,
    schema: definition(`${prefix}.${given.kind}`),
    ...given,
  });

const field =
  (...path: string[]) =>
  (object: KubeObject) =>
    String(at(object, ...path) ?? '');
const all = ['all'];

const eventColumns: Kind['columns'] = [
  {
    name: 'Last Seen',
    type: 'string',
    cell: (event, now) =>
      since(
        event['lastTimestamp'] ?? event['eventTime'] ?? event['firstTimestamp'] ?? event.metadata.creationTimestamp,
        now,
      ),
  },
  text('Type', 'type'),
  text('Reason', 'reason'),
  {
    name: 'Object',
    type: 'string',
    cell: (event) =>
      `${stringAt(event, 'involvedObject', 'kind')?.toLowerCase() ?? ''}/${stringAt(event, 'involvedObject', 'name') ?? ''}`,
  },
  {
    name: 'Subobject',
    type: 'string',
    priority: 1,
    cell: (event) => stringAt(event, 'involvedObject', 'fieldPath') ?? '',
  },
  {
    name: 'Source',
    type: 'string',
    priority: 1,
    cell: (event) => stringAt(event, 'source', 'component') ?? stringAt(event, 'reportingComponent') ?? '',
  },
  { name: 'Message', type: 'string', cell: (event) => stringAt(event, 'message')?.trim() ?? '' },
  {
    name: 'First Seen',
    type: 'string',
    priority: 1,
    cell: (event, now) => since(event['firstTimestamp'] ?? event.metadata.creationTimestamp, now),
  },
  { name: 'Count', type: 'string', priority: 1, cell: (event) => Number(event['count'] ?? 1) },
  { name: 'Name', type: 'string', priority: 1, cell: (event) => event.metadata.name },
];

const eventFields: Kind['selectable'] = {
  ...Object.fromEntries(
    ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((member) => [
      `involvedObject.${member}`,
      field('involvedObject', member),
    ]),
  ),
  reason: field('reason'),
  type: field('type'),
  reportingComponent: field('reportingComponent'),
  source: field('source', 'component'),
};

const capacity = (object: KubeObject) => text('', 'status', 'capacity', 'storage').cell(object, 0);

function core(): Kind[] {
  const kind = make('', 'v1', 'io.k8s.api.core.v1');
  return [
    kind({
      kind: 'Namespace',
      plural: 'namespaces',
      namespaced: false,
      shortNames: ['ns'],
      subresources: ['status', 'finalize'],
      strategy: namespaceStrategy,
      selectable: { 'status.phase': field('status', 'phase') },
      columns: [text('Status', 'status', 'phase'), age],
    }),
    kind({
      kind: 'Secret',
      plural: 'secrets',
      strategy: secretStrategy,
      selectable: { type: field('type') },
      columns: [text('Type', 'type'), count('Data', 'data'), age],
    }),
    kind({
      kind: 'ConfigMap',
      plural: 'configmaps',
      shortNames: ['cm'],
      strategy: configMapStrategy,
      columns: [
        {
          ...count('Data', 'data'),
          cell: (object) => Object.keys(object['data'] ?? {}).length + Object.keys(object['binaryData'] ?? {}).length,
        },
        age,
      ],
    }),
  ];
}

function coreWorkloads(): Kind[] {
  const kind = make('', 'v1', 'io.k8s.api.core.v1');
  return [
    kind({
      kind: 'Pod',
      plural: 'pods',
      shortNames: ['po'],
      categories: all,
      subresources: ['status', 'log'],
      strategy: podStrategy,
      columns: podColumns,
      selectable: {
        'status.phase': field('status', 'phase'),
        'spec.nodeName': field('spec', 'nodeName'),
        'spec.restartPolicy': field('spec', 'restartPolicy'),
        'spec.schedulerName': field('spec', 'schedulerName'),
        'spec.serviceAccountName': field('spec', 'serviceAccountName'),
        'status.podIP': field('status', 'podIP'),
      },
    }),
    kind({
      kind: 'Event',
      plural: 'events',
      shortNames: ['ev'],
      strategy: eventStrategy,
      selectable: eventFields,
      columns: eventColumns,
      nameless: true,
    }),
    kind({
      kind: 'ServiceAccount',
      plural: 'serviceaccounts',
      shortNames: ['sa'],
      subresources: ['token'],
    }),
    kind({
      kind: 'PersistentVolumeClaim',
      plural: 'persistentvolumeclaims',
      shortNames: ['pvc'],
      subresources: ['status'],
      strategy: claimStrategy,
      columns: [
        text('Status', 'status', 'phase'),
        text('Volume', 'spec', 'volumeName'),
        { name: 'Capacity', type: 'string', cell: capacity },
        { name: 'Access Modes', type: 'string', cell: (object) => accessModes(object) },
        text('StorageClass', 'spec', 'storageClassName'),
        { name: 'VolumeAttributesClass', type: 'string', cell: () => '<unset>' },
        age,
        { ...text('VolumeMode', 'spec', 'volumeMode'), priority: 1 },
      ],
    }),
    kind({
      kind: 'Node',
      plural: 'nodes',
      namespaced: false,
      shortNames: ['no'],
      subresources: ['status'],
      selectable: { 'spec.unschedulable': field('spec', 'unschedulable') },
      columns: nodeColumns,
    }),
  ];
}

const shortModes: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};
const accessModes = (object: KubeObject): string =>
  arrayAt(object, 'status', 'accessModes')
    .map((mode) => shortModes[String(mode)] ?? String(mode))
    .join(',');

const nodeReady = (node: KubeObject): string => {
  const ready = arrayAt(node, 'status', 'conditions').find((condition) => stringAt(condition, 'type') === 'Ready');
  return stringAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
};

const nodeColumns: Kind['columns'] = [
  { name: 'Status', type: 'string', cell: nodeReady },
  { name: 'Roles', type: 'string', cell: () => '<none>' },
  age,
  text('Version', 'status', 'nodeInfo', 'kubeletVersion'),
  { ...text('OS-Image', 'status', 'nodeInfo', 'osImage'), priority: 1 },
  { ...text('Kernel-Version', 'status', 'nodeInfo', 'kernelVersion'), priority: 1 },
];

function batch(): Kind[] {
  const kind = make('batch', 'v1', 'io.k8s.api.batch.v1');
  return [
    kind({
      kind: 'Job',
      plural: 'jobs',
      categories: all,
      subresources: ['status'],
      strategy: jobStrategy,
      selectable: { 'status.successful': field('status', 'succeeded') },
      columns: jobColumns,
    }),
    kind({
      kind: 'CronJob',
      plural: 'cronjobs',
      shortNames: ['cj'],
      categories: all,
      subresources: ['status'],
      strategy: cronJobStrategy,
      columns: cronJobColumns,
    }),
  ];
}

function apps(): Kind[] {
  const kind = make('apps', 'v1', 'io.k8s.api.apps.v1');
  return [
    kind({
      kind: 'Deployment',
      plural: 'deployments',
      shortNames: ['deploy'],
      categories: all,
      subresources: ['status', 'scale'],
      strategy: deploymentStrategy,
      columns: deploymentColumns,
    }),
    kind({
      kind: 'ReplicaSet',
      plural: 'replicasets',
      shortNames: ['rs'],
      categories: all,
      subresources: ['status', 'scale'],
      strategy: replicaSetStrategy,
      selectable: { 'status.replicas': field('status', 'replicas') },
      columns: replicaSetColumns,
    }),
  ];
}

function rbac(): Kind[] {
  const kind = make('rbac.authorization.k8s.io', 'v1', 'io.k8s.api.rbac.v1');
  return [
    kind({ kind: 'Role', plural: 'roles', strategy: roleStrategy, columns: roleColumns }),
    kind({
      kind: 'ClusterRole',
      plural: 'clusterroles',
      namespaced: false,
      strategy: roleStrategy,
      columns: roleColumns,
    }),
    kind({ kind: 'RoleBinding', plural: 'rolebindings', strategy: bindingStrategy, columns: bindingColumns }),
    kind({
      kind: 'ClusterRoleBinding',
      plural: 'clusterrolebindings',
      namespaced: false,
      strategy: bindingStrategy,
      columns: bindingColumns,
    }),
  ];
}

export const crdDefinition = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

/** The stored kinds that are served without any CustomResourceDefinition. */
export const builtInKinds = (): Kind[] => [
  ...core(),
  ...coreWorkloads(),
  ...batch(),
  ...apps(),
  ...rbac(),
  make(
    'coordination.k8s.io',
    'v1',
    'io.k8s.api.coordination.v1',
  )({
    kind: 'Lease',
    plural: 'leases',
    strategy: leaseStrategy,
    columns: [text('Holder', 'spec', 'holderIdentity'), age],
  }),
  make(
    'apiextensions.k8s.io',
    'v1',
    crdDefinition,
  )({
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    namespaced: false,
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    subresources: ['status'],
    strategy: crdStrategy,
    columns: crdColumns,
  }),
];
