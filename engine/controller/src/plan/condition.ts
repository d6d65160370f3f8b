import type { Condition } from '@backstay/shared';

/** The condition of a ScheduledBackup or an action: are its objects in the cluster as the spec says? */
export const installation = 'BackupObjectsInstallation';
/** Only present, and False, while the key Secret lacks its private half. */
export const keyPair = 'KeyPair';

/** Only present, and True, while two starts have passed without a success. */
export const overdue = 'Overdue';

export type Reason =
  | 'SpecWasUpdated'
  | 'DependencyMissing'
  | 'InvalidDefinition'
  | 'InvalidKey'
  | 'InvalidVersion'
  | 'ApplyFailed'
  | 'WaitingForSchedule'
  | 'PrivateKeyMissing'
  | 'RunsMissed';

export interface ConditionInput {
  type: string;
  status: Condition['status'];
  reason: Reason;
  message: string;
  generation: number | undefined;
  now: string;
}

const maxMessage = 4096;

/** Replaces or adds one condition; the time of transition moves only when the status does. */
export const withCondition = (conditions: readonly Condition[] = [], input: ConditionInput): Condition[] => {
  const before = conditions.find(({ type }) => type === input.type);
  const message = input.message.length > maxMessage ? `${input.message.slice(0, maxMessage)}…` : input.message;
  const condition: Condition = {
    type: input.type,
    status: input.status,
    observedGeneration: input.generation,
    lastTransitionTime: before?.status === input.status ? before.lastTransitionTime : input.now,
    reason: input.reason,
    message,
  };
  return [...conditions.filter(({ type }) => type !== input.type), condition];
};

export const findCondition = (conditions: readonly Condition[] | undefined, type: string): Condition | undefined =>
  conditions?.find((condition) => condition.type === type);

/** Something that the person who wrote the resource can mend; the message says what. */
export class ReconcileProblem extends Error {
  readonly reason: Reason;
  /** False: only a change of the resource itself can help. */
  readonly retry: boolean;

  constructor(reason: Reason, message: string, options: { retry?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ReconcileProblem';
    this.reason = reason;
    this.retry = options.retry ?? true;
  }
}
