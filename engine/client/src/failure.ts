import type { ClientExitName } from '@backstay/shared/rules/client-exit-codes';
import type { JobStage } from '@backstay/shared/rules/job-log';

export interface FailureDetails {
  readonly stage?: JobStage;
  /** Of the user's command. */
  readonly exitCode?: number;
  readonly signal?: string;
  readonly cause?: unknown;
}

/** Something that ends the client with a known exit code. Its message is the reason that the log shows: no secrets. */
export class Failure extends Error {
  readonly kind: ClientExitName;
  readonly stage: JobStage | undefined;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;

  constructor(kind: ClientExitName, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'Failure';
    this.kind = kind;
    this.stage = details.stage;
    this.exitCode = details.exitCode;
    this.signal = details.signal;
  }
}

/** Ended from outside: exit code is 128 + number. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
    this.name = 'Interrupted';
    this.signal = signal;
  }
}

export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
};

/** Keeps what is classified already, and gives everything else a kind and a stage. */
export const asFailure = (error: unknown, kind: ClientExitName, stage: JobStage): Failure | Interrupted =>
  error instanceof Failure || error instanceof Interrupted
    ? error
    : new Failure(kind, messageOf(error), { stage, cause: error });
