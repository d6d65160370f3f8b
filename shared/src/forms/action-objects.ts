import type { Secret } from '../resources/kubernetes-objects.ts';
import type { RequestedBackupAction } from '../resources/requested-backup-action.ts';
import type { Operation } from '../resources/scheduled-backup.ts';
import { annotations, labels } from '../resources/well-known.ts';
import type { RestoreForm } from './restore-form.ts';

export interface ActionContext {
  /** Name of the action; see {@link actionName}. */
  name: string;
  requestedBy: string;
}

const longestName = 63;

/** `<schedule>-<operation>-<yyyymmdd-hhmmss>-<random>`, in UTC; cut to 63 characters, as it stands in labels too. */
export function actionName(schedule: string, operation: Operation, unique: { now: Date; random: string }): string {
  const instant = unique.now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const suffix = `-${operation}-${instant}-${unique.random}`;
  return `${schedule.slice(0, longestName - suffix.length).replace(/-+$/, '')}${suffix}`;
}

/** "Back up now". */
export const backupAction = (
  of: { namespace: string; schedule: string },
  context: ActionContext,
): RequestedBackupAction => ({
  apiVersion: 'riotkit.org/v1alpha1',
  kind: 'RequestedBackupAction',
  metadata: {
    name: context.name,
    namespace: of.namespace,
    labels: { [labels.console]: 'true', [labels.schedule]: of.schedule },
    annotations: { [annotations.requestedBy]: context.requestedBy },
  },
  spec: { action: 'backup', scheduledBackupRef: { name: of.schedule }, kindType: 'Job' },
});

export interface RestoreObjects {
  action: RequestedBackupAction;
  /** Secret parameters of a restore into another place; made before the action. */
  targetSecret?: Secret;
}

export interface RestoreContext extends ActionContext {
  /** Parameters whose values may not stand in the action. */
  secretNames: ReadonlySet<string>;
  /** `HelmValues.extraEnvFrom` of the schedule: the list of the action takes its place. */
  extraEnvFrom?: readonly unknown[];
}

/** Environment variable by which a secret parameter of another target reaches the Pod. */
const targetVariable = (parameter: string): string =>
  `BACKSTAY_TARGET_${parameter.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;

/**
 * Maps the restore wizard's form. A secret parameter stands in the action as `${BACKSTAY_TARGET_…}`, which expands in the Pod
 * as every `${X}` of a value does; its value comes from a Secret that is added to the Pod's environment.
 */
export function restoreObjects(form: RestoreForm, context: RestoreContext): RestoreObjects {
  const base = backupAction(form, context);
  const changed = form.target.mode === 'elsewhere' ? Object.entries(form.target.parameters) : [];
  const secrets = changed.filter(([name, value]) => context.secretNames.has(name) && value !== '');
  const plain = changed.filter(([name]) => !context.secretNames.has(name));
  const targetSecret = secrets.length > 0 ? secretOf(base, secrets) : undefined;
  const references = secrets.map(([name]) => [name, `\${${targetVariable(name)}}`]);
  const vars = {
    Params: Object.fromEntries([...plain, ...references]),
    ...(targetSecret && { HelmValues: environmentOf(targetSecret, context) }),
  };
  return {
    ...(targetSecret && { targetSecret }),
    action: {
      ...base,
      spec: {
        ...base.spec,
        action: 'restore',
        targetVersion: String(form.version),
        ...(plain.length + secrets.length > 0 && { vars: JSON.stringify(vars, undefined, 2) }),
      },
    },
  };
}

const environmentOf = (secret: Secret, context: RestoreContext) => ({
  extraEnvFrom: [...(context.extraEnvFrom ?? []), { secretRef: { name: secret.metadata.name } }],
});

function secretOf(action: RequestedBackupAction, values: [string, string][]): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: `${action.metadata.name}-target`,
      namespace: action.metadata.namespace,
      labels: action.metadata.labels,
    },
    type: 'Opaque',
    stringData: Object.fromEntries(values.map(([name, value]) => [targetVariable(name), value])),
  };
}
