import { type ErrorCode, errorTable } from './error-table.ts';

/** One thing that is wrong with one field. `field` is a dotted path into the form; empty for the whole. */
export interface Problem {
  readonly field: string;
  readonly message: string;
  /** `warning` does not stop anything. Default: `error`. */
  readonly severity?: 'error' | 'warning';
}

/** Thrown by domain code, which knows no HTTP. Across packages test `code`, never the class. */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly problems: readonly Problem[];

  constructor(code: ErrorCode, message?: string, options: { problems?: readonly Problem[]; cause?: unknown } = {}) {
    super(message ?? errorTable[code].message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DomainError';
    this.code = code;
    this.problems = options.problems ?? [];
  }
}

export const hasCode = (error: unknown, code: ErrorCode): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
