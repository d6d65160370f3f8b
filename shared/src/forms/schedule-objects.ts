import type { Parameter } from '../api/procedures.ts';
import { literalParameter } from '../procedures/parameter-environment.ts';
import type { BackupCollection } from '../resources/backup-collection.ts';
import type { Secret } from '../resources/kubernetes-objects.ts';
import type { ScheduledBackup, ScheduledBackupSpec } from '../resources/scheduled-backup.ts';
import { labels } from '../resources/well-known.ts';
import { formatSize, parseSize } from '../rules/size.ts';
import type { ScheduleForm } from './schedule-form.ts';

/** What the mapping needs beside the form. */
export interface ScheduleContext {
  /** Parameters of the chosen procedure: `password` ones go into a Secret. */
  parameters: readonly Parameter[];
  /** `jobUrl`: the repository as Jobs reach it. `namespace`: where collections live. */
  repository: { jobUrl: string; namespace: string };
}

/** The objects of a schedule in the order in which they are to be made; `scheduledBackup` comes last. */
export interface ScheduleObjects {
  /** Only for a new collection. */
  collection?: BackupCollection;
  /** Values of secret parameters; absent without any. */
  varsSecret?: Secret;
  /** Its entry `token` is empty here: whoever applies the objects fills in an access token of the repository. */
  accessSecret: Secret;
  scheduledBackup: ScheduledBackup;
}

/** Names of the objects beside a schedule. */
export const scheduleSecretNames = (schedule: string) => ({
  access: `${schedule}-access`,
  vars: `${schedule}-vars`,
  keys: `${schedule}-keys`,
});

/** Entry of the access Secret that holds the token. */
export const accessTokenKey = 'token';

/** Maps the wizard's form to Kubernetes objects. Pure: the preview in the browser is what the console applies. */
export function scheduleObjects(form: ScheduleForm, context: ScheduleContext): ScheduleObjects {
  const secretNames = secretParameterNames(context.parameters);
  const names = scheduleSecretNames(form.name);
  const given = Object.entries(form.parameters).filter(([, value]) => value !== '');
  const secrets = given.filter(([name]) => secretNames.has(name));
  const plain = given.filter(([name]) => !secretNames.has(name));
  return {
    ...(form.collection.mode === 'new' && { collection: newCollection(form.collection, form, context) }),
    ...(secrets.length > 0 && {
      varsSecret: secret(
        form,
        names.vars,
        Object.fromEntries(secrets.map(([key, value]) => [`Params.${key}`, secretText(form, value)])),
      ),
    }),
    accessSecret: secret(form, names.access, { [accessTokenKey]: '' }),
    scheduledBackup: scheduledBackup(form, {
      vars: definition(form, declared(plain, context.parameters, secretNames), context),
      varsSecret: secrets.length > 0 ? names.vars : undefined,
    }),
  };
}

/**
 * A typed password is taken as it is: the scripts of built-in procedures would expand `${X}` and `$(cmd)` in it. Custom
 * templates get every value as it was typed, since only they know what they do with it.
 */
export const secretText = (form: Pick<ScheduleForm, 'procedure'>, value: string): string =>
  form.procedure.kind === 'internal' ? literalParameter(value) : value;

export const secretParameterNames = (parameters: readonly Parameter[]): Set<string> =>
  new Set(parameters.filter((parameter) => parameter.type === 'password').map((parameter) => parameter.name));

// A template stops at a missing key, so a declared parameter without a value is written as an empty one.
function declared(plain: [string, string][], parameters: readonly Parameter[], secretNames: Set<string>) {
  const empty = parameters.filter((parameter) => !secretNames.has(parameter.name));
  return { ...Object.fromEntries(empty.map((parameter) => [parameter.name, ''])), ...Object.fromEntries(plain) };
}

// JSON is YAML, and quotes every string: no value can turn into a number, a date or a boolean on its way.
function definition(form: ScheduleForm, params: Record<string, string>, context: ScheduleContext): string {
  const repository = {
    url: context.repository.jobUrl,
    collectionId: form.collection.name,
    recipient: form.key.email,
    passphrase: '',
  };
  return `${JSON.stringify({ Params: params, Repository: repository }, undefined, 2)}\n`;
}

function secret(form: ScheduleForm, name: string, stringData: Record<string, string>): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: form.namespace, labels: { [labels.console]: 'true', [labels.schedule]: form.name } },
    type: 'Opaque',
    stringData,
  };
}

function scheduledBackup(form: ScheduleForm, more: { vars: string; varsSecret: string | undefined }): ScheduledBackup {
  const names = scheduleSecretNames(form.name);
  return {
    apiVersion: 'riotkit.org/v1alpha1',
    kind: 'ScheduledBackup',
    metadata: { name: form.name, namespace: form.namespace, labels: { [labels.console]: 'true' } },
    spec: {
      operation: 'backup',
      collectionId: form.collection.name,
      cronJob: { enabled: form.when.enabled, scheduleEvery: form.when.cron, timeZone: form.when.timeZone },
      gpgKeySecretRef: keyRef(form.key, names.keys),
      templateRef: {
        kind: form.procedure.kind === 'internal' ? 'internal' : 'ClusterBackupProcedureTemplate',
        name: form.procedure.name,
      },
      tokenSecretRef: { secretName: names.access, tokenKey: accessTokenKey },
      varsSecretRef: more.varsSecret === undefined ? {} : { secretName: more.varsSecret },
      vars: more.vars,
    },
  };
}

function keyRef(key: ScheduleForm['key'], generatedName: string): ScheduledBackupSpec['gpgKeySecretRef'] {
  if (key.mode === 'existing') {
    const { email, secretName, publicKey, privateKey, passphraseKey } = key;
    return { secretName, publicKey, privateKey, passphraseKey, email, createIfNotExists: false };
  }
  return {
    secretName: generatedName,
    publicKey: 'public',
    privateKey: 'private',
    passphraseKey: 'passphrase',
    email: key.email,
    createIfNotExists: true,
  };
}

type NewCollection = Extract<ScheduleForm['collection'], { mode: 'new' }>;

function newCollection(of: NewCollection, form: ScheduleForm, context: ScheduleContext): BackupCollection {
  return {
    apiVersion: 'backups.riotkit.org/v1alpha1',
    kind: 'BackupCollection',
    metadata: { name: of.name, namespace: context.repository.namespace, labels: { [labels.console]: 'true' } },
    spec: {
      description: `Backups of ${form.namespace}/${form.name}`,
      filenameTemplate: `${of.name}-\${version}.gpg`,
      maxBackupsCount: of.maxVersions,
      maxOneVersionSize: of.maxVersionSize.toUpperCase(),
      maxCollectionSize: formatSize((parseSize(of.maxVersionSize) ?? 0) * of.maxVersions),
      strategyName: 'fifo',
      strategySpec: {},
    },
  };
}
