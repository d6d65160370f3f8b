import {
  type BackupCollection,
  type KubeObject,
  type Problem,
  type Procedure,
  parameterProblems,
  parseCron,
  parseSize,
  type ResourceType,
  resourceTypes,
  type ScheduleForm,
  type ScheduleObjects,
  scheduleObjects,
} from '@backstay/shared';
import { readManifest } from './manifest-draft.ts';

export interface Draft {
  form: ScheduleForm;
  manifest?: string;
}

export interface DraftContext {
  procedure: Procedure | undefined;
  repository: { jobUrl: string; namespace: string };
  /** Collections that are there. */
  collections: readonly BackupCollection[];
  namespaces: readonly string[];
}

/** The objects of a draft and everything about it that can be found wrong without asking the cluster. */
export function readDraft(draft: Draft, context: DraftContext): { objects: ScheduleObjects; problems: Problem[] } {
  const { form } = draft;
  const parameters = context.procedure?.parameters ?? [];
  const objects = scheduleObjects(form, { parameters, repository: context.repository });
  const manual = draft.manifest === undefined ? undefined : readManifest(draft.manifest, form);
  return {
    objects: manual?.ok ? { ...objects, scheduledBackup: manual.scheduledBackup } : objects,
    problems: [
      ...namespaceProblems(form, context),
      ...procedureProblems(form, context),
      ...parameterProblems(parameters, form.parameters),
      ...collectionProblems(form, context),
      ...whenProblems(form),
      ...(manual && !manual.ok ? manual.problems : []),
    ],
  };
}

function namespaceProblems(form: ScheduleForm, { namespaces }: DraftContext): Problem[] {
  if (namespaces.includes(form.namespace)) return [];
  return [{ field: 'namespace', message: `There is no namespace ${form.namespace}.` }];
}

function procedureProblems(form: ScheduleForm, { procedure }: DraftContext): Problem[] {
  if (procedure !== undefined) return [];
  return [{ field: 'procedure.name', message: `There is no procedure ${form.procedure.name}.` }];
}

function collectionProblems(form: ScheduleForm, { collections }: DraftContext): Problem[] {
  const { collection } = form;
  const exists = collections.some((item) => item.metadata.name === collection.name);
  if (collection.mode === 'existing') {
    return exists ? [] : [{ field: 'collection.name', message: `There is no collection ${collection.name}.` }];
  }
  const size = parseSize(collection.maxVersionSize);
  return [
    ...(exists ? [{ field: 'collection.name', message: `The collection ${collection.name} exists already.` }] : []),
    ...(size === undefined || size < 1 || parseSize(`${size * collection.maxVersions}B`) === undefined
      ? [
          {
            field: 'collection.maxVersionSize',
            message: 'More than nothing, and less than 8 PiB for all versions together.',
          },
        ]
      : []),
  ];
}

// Checked apart, so that each field gets its own words.
function whenProblems({ when }: ScheduleForm): Problem[] {
  const zone = parseCron('0 0 * * *', { timeZone: when.timeZone });
  const cron = parseCron(when.cron);
  return [
    ...(zone.ok ? [] : [{ field: 'when.timeZone', message: zone.message }]),
    ...(cron.ok ? neverRuns(cron.schedule.next(new Date())) : [{ field: 'when.cron', message: cron.message }]),
  ];
}

const neverRuns = (next: Date | undefined): Problem[] =>
  next === undefined ? [{ field: 'when.cron', message: 'This never comes: no such date within five years.' }] : [];

/** An object with its kind, ready to be made. */
export interface Planned {
  type: ResourceType<KubeObject>;
  object: KubeObject;
  /** Field of the form for a path inside the object. */
  fieldOf: (path: string) => string | undefined;
}

const fieldByPath: [prefix: string, field: string][] = [
  ['metadata.name', 'name'],
  ['metadata.namespace', 'namespace'],
  ['spec.cronJob.scheduleEvery', 'when.cron'],
  ['spec.cronJob.timeZone', 'when.timeZone'],
  ['spec.gpgKeySecretRef.email', 'key.email'],
  ['spec.gpgKeySecretRef', 'key'],
  ['spec.templateRef', 'procedure.name'],
  ['spec.collectionId', 'collection.name'],
];

const collectionFieldByPath: [prefix: string, field: string][] = [
  ['metadata.name', 'collection.name'],
  ['spec.maxBackupsCount', 'collection.maxVersions'],
  ['spec.max', 'collection.maxVersionSize'],
  ['', 'collection.name'],
];

const lookup = (table: [prefix: string, field: string][]) => (path: string) =>
  table.find(([prefix]) => path.startsWith(prefix))?.[1];

/** The objects in the order in which they are made. With a manifest of one's own, what is wrong with it is said there. */
export function plannedObjects(objects: ScheduleObjects, hasManifest: boolean): Planned[] {
  const scheduleField = (path: string) =>
    hasManifest && path !== 'metadata.name' ? 'manifest' : lookup(fieldByPath)(path);
  const secretField = (path: string) => (path === 'metadata.name' ? 'name' : undefined);
  const planned: (Planned | undefined)[] = [
    objects.collection && {
      type: resourceTypes.backupCollections as ResourceType<KubeObject>,
      object: objects.collection,
      fieldOf: lookup(collectionFieldByPath),
    },
    { type: resourceTypes.secrets as ResourceType<KubeObject>, object: objects.accessSecret, fieldOf: secretField },
    objects.varsSecret && {
      type: resourceTypes.secrets as ResourceType<KubeObject>,
      object: objects.varsSecret,
      fieldOf: secretField,
    },
    {
      type: resourceTypes.scheduledBackups as ResourceType<KubeObject>,
      object: objects.scheduledBackup,
      fieldOf: scheduleField,
    },
  ];
  return planned.filter((item) => item !== undefined);
}
