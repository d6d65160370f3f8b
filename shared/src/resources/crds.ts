import { z } from 'zod';
import { backupCollectionSpecSchema } from './backup-collection.ts';
import { actionStatusSchema, backupStatusSchema } from './backup-status.ts';
import { backupUserSpecSchema } from './backup-user.ts';
import { clusterBackupProcedureTemplateSpecSchema } from './cluster-backup-procedure-template.ts';
import type { KubeObject, ResourceType } from './kube-object.ts';
import { requestedBackupActionSpecSchema } from './requested-backup-action.ts';
import { resourceTypes } from './resource-types.ts';
import { scheduledBackupSpecSchema } from './scheduled-backup.ts';
import { type StructuralSchema, structuralSchema, type ValidationRule } from './structural-schema.ts';

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
  categories?: string[];
  /** Of the whole object. */
  rules?: ValidationRule[];
}

const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
const text = (name: string, jsonPath: string): PrinterColumn => ({ name, type: 'string', jsonPath });
const flag = (name: string, jsonPath: string): PrinterColumn => ({ name, type: 'boolean', jsonPath });

/** The longest name of a child, `<name>-restore`, has to fit; HelmValues.name may shorten it. */
const nameFits: ValidationRule = {
  rule: "size(self.metadata.name) <= 245 || (has(self.spec) && self.spec.vars.contains('HelmValues'))",
  message: 'The name is too long for the objects that are named after it: 245 characters at most.',
};

/** A change would be of no effect, and what was asked for would no longer be known. */
const runsOnce: ValidationRule = {
  rule: '!has(oldSelf.status) || !oldSelf.status.processed || (has(self.spec) == has(oldSelf.spec) && (!has(self.spec) || self.spec == oldSelf.spec))',
  message: 'An action runs once: its spec cannot change after its Job was made. Create another action.',
};
const staysProcessed: ValidationRule = {
  rule: '!has(oldSelf.status) || !oldSelf.status.processed || (has(self.status) && self.status.processed)',
  message: 'An action runs once: it cannot become unprocessed. Create another action.',
};

/** `kubectl get backstay` lists them. */
const engineCategory = ['backstay'];

const definitions: KindDefinition[] = [
  {
    type: resourceTypes.scheduledBackups,
    shortNames: ['sb'],
    categories: engineCategory,
    rules: [nameFits],
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
    categories: engineCategory,
    rules: [runsOnce, staysProcessed],
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
    categories: engineCategory,
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

const schemaOf = ({ description, spec, specRequired, status, rules }: KindDefinition): StructuralSchema => ({
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
  ...(rules === undefined ? {} : { 'x-kubernetes-validations': rules }),
});

const definitionOf = (definition: KindDefinition): KubeObject => {
  const { type, shortNames, status, columns, categories } = definition;
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
        ...(categories === undefined ? {} : { categories }),
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
