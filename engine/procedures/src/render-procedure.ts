import {
  annotations,
  type ClusterBackupProcedureTemplate,
  type KubeObject,
  labels,
  type Operation,
  type RequestedBackupAction,
  type ScheduledBackup,
} from '@backstay/shared';
import { readHelmValues } from './manifests/helm-values.ts';
import { podPaths } from './manifests/layout.ts';
import type { ManifestInput, Runnable } from './manifests/manifest-input.ts';
import { fitName, labelLength, shortHash } from './manifests/names.ts';
import { renderManifests } from './manifests/render-manifests.ts';
import { withSpecSettings } from './manifests/spec-settings.ts';
import { builtInSource, clusterSource, renderScript } from './scripts/procedure-source.ts';
import type { Definition } from './vars/definition.ts';

export interface RenderProcedureOptions {
  readonly scheduledBackup: ScheduledBackup;
  readonly operation: Operation;
  /** Name of a built-in procedure (templateRef.kind internal), or the cluster template. */
  readonly template: string | ClusterBackupProcedureTemplate;
  /** The result of {@link buildDefinition}. */
  readonly definition: Definition;
  /** The public key for a backup, the private key for a restore, or a SealedSecret document. */
  readonly key: string;
  /** Renders the Job of this action instead of what the schedule needs. */
  readonly action?: RequestedBackupAction;
  /** Image that holds backup-maker. HelmValues.backupMakerImage wins. */
  readonly backupMakerImage?: string;
}

/**
 * Makes what one operation of a ScheduledBackup needs, in the order in which it is to be applied, without owner and tracking id:
 * - without `action`: Secret, (script Secret,) ConfigMap and, when the schedule runs this operation, the CronJob;
 * - with `action`: the Job, named after the action, so that a second attempt cannot make a second one. It uses the Secret and
 *   ConfigMap of the schedule, unless the action has `vars`: then its own come first in the list.
 *
 * Pure. @throws ProcedureError with a message for people.
 */
export const renderProcedure = (options: RenderProcedureOptions): KubeObject[] => {
  const { action } = options;
  const input = manifestInput(options);
  return renderManifests(input, action !== undefined && !hasOwnValues(action) ? ['runnable'] : ['helpers', 'runnable']);
};

const hasOwnValues = (action: RequestedBackupAction): boolean => (action.spec.vars ?? '').trim() !== '';

/** Name of the Job of an action: the same for the same action, another for another of the same name. */
export const actionJobName = (
  { metadata }: RequestedBackupAction,
  { resourceName, operation }: { resourceName: string; operation: Operation },
): string => {
  const suffix = shortHash(metadata.uid ?? metadata.name);
  return `${fitName(`${resourceName}-${operation}`, labelLength - 1 - suffix.length)}-${suffix}`;
};

const manifestInput = (options: RenderProcedureOptions): ManifestInput => {
  const { scheduledBackup, operation, template, definition, key, action } = options;
  const source = typeof template === 'string' ? builtInSource(template) : clusterSource(template);
  const values = withSpecSettings(readHelmValues(definition), scheduledBackup.spec);
  const { name, namespace } = scheduledBackup.metadata;
  const { script, environment } = renderScript(source, { operation, definition, keyPath: podPaths.key });
  return {
    resourceName: name,
    operation,
    namespace,
    script,
    environment,
    keyMaterial: key,
    image: source.image,
    backupMakerImage: options.backupMakerImage,
    values,
    ...(action ? actionPart(action, { resourceName: values.name ?? name, operation }) : schedulePart(options)),
  };
};

type Part = Pick<ManifestInput, 'runnable' | 'labels' | 'annotations' | 'restoreVersion' | 'suffix'>;

const schedulePart = ({ scheduledBackup: { spec }, operation }: RenderProcedureOptions): Part => {
  const { enabled, scheduleEvery, timeZone, suspend } = spec.cronJob;
  if (!enabled || spec.operation !== operation) return {};
  const runnable: Runnable = { kind: 'CronJob', schedule: scheduleEvery || '00 02 * * *', timeZone, suspend };
  return { runnable };
};

const actionPart = (action: RequestedBackupAction, names: { resourceName: string; operation: Operation }): Part => {
  const by = action.metadata.annotations?.[annotations.requestedBy];
  return {
    runnable: { kind: 'Job', name: actionJobName(action, names) },
    labels: { [labels.action]: fitName(action.metadata.name, labelLength) },
    annotations: by === undefined ? {} : { [annotations.requestedBy]: by },
    restoreVersion: action.spec.targetVersion || undefined,
    suffix: hasOwnValues(action) ? shortHash(action.metadata.uid ?? action.metadata.name) : undefined,
  };
};
