import { z } from 'zod';
import { backupCollectionSpecSchema } from './backup-collection.ts';
import { actionStatusSchema, backupStatusSchema } from './backup-status.ts';
import { backupUserSpecSchema } from './backup-user.ts';
import { clusterBackupProcedureTemplateSpecSchema } from './cluster-backup-procedure-template.ts';
import type { KubeObject, ResourceType } from './kube-object.ts';
import { requestedBackupActionSpecSchema } from './requested-backup-action.ts';
import { resourceTypes } from './resource-types.ts';
import { scheduledBackupSpecSchema } from './scheduled-backup.ts';
import { type StructuralSchema, structuralSchema } from './structural-schema.ts';

interface PrinterColumn {
  name: string;
  type: 'string' | 'boolean' | 'date' | 'integer';
  jsonPath: string;
}

interface KindDefinition {
  type: ResourceType;
  shortNames: string[];
  description: string;
  spec: z.ZodType;
  /** Resources of older versions of the engine's kinds may lack a spec. */
  specRequired?: boolean;
  status?: z.ZodType;
  columns: PrinterColumn[];
}

const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
const text = (name: string, jsonPath: string): PrinterColumn => ({ name, type: 'string', jsonPath });
const flag = (name: string, jsonPath: string): PrinterColumn => ({ name, type: 'boolean', jsonPath });

const definitions: KindDefinition[] = [
  {
    type: resourceTypes.scheduledBackups,
    shortNames: ['sb'],
    description: 'What to back up, with which procedure, how often, and into which collection.',
    spec: scheduledBackupSpecSchema,
    status: backupStatusSchema,
    columns: [
      text('Schedule', '.spec.cronJob.scheduleEvery'),
      text('Collection', '.spec.collectionId'),
      flag('Healthy', '.status.healthy'),
      age,
    ],
  },
  {
    type: resourceTypes.requestedBackupActions,
    shortNames: ['rba'],
    description: 'One backup or restore of a ScheduledBackup, asked for now. It runs at most once.',
    spec: requestedBackupActionSpecSchema,
    status: actionStatusSchema,
    columns: [
      text('Action', '.spec.action'),
      text('Schedule', '.spec.scheduledBackupRef.name'),
      flag('Processed', '.status.processed'),
      flag('Healthy', '.status.healthy'),
      age,
    ],
  },
  {
    type: resourceTypes.clusterBackupProcedureTemplates,
    shortNames: ['cbpt'],
    description: 'A pair of scripts, for backup and restore, and the image they run in.',
    spec: clusterBackupProcedureTemplateSpecSchema,
    status: z.object({}),
    columns: [text('Image', '.spec.image'), age],
  },
  {
    type: resourceTypes.backupCollections,
    shortNames: ['bcol'],
    description: 'A place in the repository for the versions of one backup: its limits, rotation, windows and access.',
    spec: backupCollectionSpecSchema,
    specRequired: true,
    columns: [
      text('Strategy', '.spec.strategyName'),
      { name: 'Versions', type: 'integer', jsonPath: '.spec.maxBackupsCount' },
      text('Size', '.spec.maxCollectionSize'),
      age,
    ],
  },
  {
    type: resourceTypes.backupUsers,
    shortNames: ['buser'],
    description: 'An account of the repository.',
    spec: backupUserSpecSchema,
    specRequired: true,
    columns: [text('E-mail', '.spec.email'), flag('Deactivated', '.spec.deactivated'), age],
  },
];

const schemaOf = ({ description, spec, specRequired, status }: KindDefinition): StructuralSchema => ({
  type: 'object',
  description,
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    spec: structuralSchema(spec),
    ...(status === undefined ? {} : { status: structuralSchema(status) }),
  },
  ...(specRequired ? { required: ['spec'] } : {}),
});

const definitionOf = (definition: KindDefinition): KubeObject => {
  const { type, shortNames, status, columns } = definition;
  const [group = '', version = ''] = type.apiVersion.split('/');
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${type.plural}.${group}` },
    spec: {
      group,
      names: {
        kind: type.kind,
        listKind: `${type.kind}List`,
        plural: type.plural,
        singular: type.kind.toLowerCase(),
        shortNames,
      },
      scope: type.namespaced ? 'Namespaced' : 'Cluster',
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schemaOf(definition) },
          ...(status === undefined ? {} : { subresources: { status: {} } }),
          additionalPrinterColumns: columns,
        },
      ],
    },
  };
};

/** The CustomResourceDefinitions of the engine and of the repository, made from the schemas. */
export const customResourceDefinitions = (): KubeObject[] => definitions.map(definitionOf);
