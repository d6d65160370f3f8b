import { buildDefinition, renderProcedure } from '@backstay/procedures';
import {
  type KubeObject,
  type Operation,
  type RequestedBackupAction,
  type ScheduledBackup,
  targetVersionPattern,
} from '@backstay/shared';
import type { Inputs } from '../cluster/hydrate.ts';
import { asChild, inApplyOrder } from './children.ts';
import { ReconcileProblem } from './condition.ts';

export interface Rendered {
  children: KubeObject[];
  warnings: readonly string[];
}

export interface RenderSettings {
  /** Image that holds backup-maker. Default: that of this release. */
  backupMakerImage?: string;
}

/** What a procedure cannot be rendered from is for its author to mend: no retry helps. */
const explained = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'invalid_input') {
      throw new ReconcileProblem('InvalidDefinition', error.message, { retry: false, cause: error });
    }
    throw error;
  }
};

const definitionOf = (scheduledBackup: ScheduledBackup, inputs: Inputs, action?: RequestedBackupAction) =>
  buildDefinition({
    scheduledBackup,
    action,
    token: inputs.token,
    passphrase: inputs.keys.passphrase,
    varsSecret: inputs.varsSecret,
  });

const keyFor = (operation: Operation, { keys }: Inputs): string =>
  operation === 'backup' ? keys.publicKey : keys.privateKey;

/** The children of a schedule: helpers of both operations, and the CronJob of its own. */
export const renderSchedule = (
  scheduledBackup: ScheduledBackup,
  inputs: Inputs,
  settings: RenderSettings = {},
): Rendered =>
  explained(() => {
    const { definition, warnings } = definitionOf(scheduledBackup, inputs);
    const operations: Operation[] = ['backup', 'restore'];
    const objects = operations.flatMap((operation) =>
      renderProcedure({
        ...settings,
        scheduledBackup,
        operation,
        template: inputs.template,
        definition,
        key: keyFor(operation, inputs),
      }),
    );
    return { children: inApplyOrder(objects.map((object) => asChild(object, scheduledBackup))), warnings };
  });

const checkAction = ({ spec }: RequestedBackupAction, inputs: Inputs): void => {
  const { action, targetVersion } = spec;
  if (targetVersion && !targetVersionPattern.test(targetVersion)) {
    const message = `targetVersion ${JSON.stringify(targetVersion)} is not a version: give a number, v<number> or latest.`;
    throw new ReconcileProblem('InvalidVersion', message, { retry: false });
  }
  if (targetVersion && action === 'backup' && targetVersion !== 'latest') {
    throw new ReconcileProblem('InvalidVersion', 'A backup takes no targetVersion.', { retry: false });
  }
  if (action === 'restore' && inputs.keys.privateKey === '') {
    const message =
      'The key Secret holds no private key, which a restore needs. Put it there for the time of the restore.';
    throw new ReconcileProblem('PrivateKeyMissing', message);
  }
};

/** The Job of an action, after the Secret and ConfigMap of its own if it has other values than the schedule. */
export const renderAction = (
  action: RequestedBackupAction,
  source: { scheduledBackup: ScheduledBackup; inputs: Inputs },
  settings: RenderSettings = {},
): Rendered =>
  explained(() => {
    const { scheduledBackup, inputs } = source;
    const operation = action.spec.action;
    checkAction(action, inputs);
    const { definition, warnings } = definitionOf(scheduledBackup, inputs, action);
    const objects = renderProcedure({
      ...settings,
      scheduledBackup,
      operation,
      template: inputs.template,
      definition,
      key: keyFor(operation, inputs),
      action,
    });
    return { children: inApplyOrder(objects.map((object) => asChild(object, action))), warnings };
  });
