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
  varsSecret?: Secret;
}

/** Maps the restore wizard's form. `secretNames` are the parameters whose values may not stand in the action. */
export function restoreObjects(
  form: RestoreForm,
  secretNames: ReadonlySet<string>,
  context: ActionContext,
): RestoreObjects {
  const base = backupAction(form, context);
  const changed = form.target.mode === 'elsewhere' ? Object.entries(form.target.parameters) : [];
  const plain = changed.filter(([name]) => !secretNames.has(name));
  const secrets = changed.filter(([name, value]) => secretNames.has(name) && value !== '');
  const varsSecret = secrets.length > 0 ? secretVars(base, secrets) : undefined;
  return {
    ...(varsSecret && { varsSecret }),
    action: {
      ...base,
      spec: {
        ...base.spec,
        action: 'restore',
        targetVersion: String(form.version),
        ...(plain.length > 0 && { vars: JSON.stringify({ Params: Object.fromEntries(plain) }, undefined, 2) }),
        ...(varsSecret && { varsSecretRef: { secretName: varsSecret.metadata.name } }),
      },
    },
  };
}

function secretVars(action: RequestedBackupAction, values: [string, string][]): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: `${action.metadata.name}-vars`,
      namespace: action.metadata.namespace,
      labels: action.metadata.labels,
    },
    type: 'Opaque',
    stringData: Object.fromEntries(values.map(([name, value]) => [`Params.${name}`, value])),
  };
}
