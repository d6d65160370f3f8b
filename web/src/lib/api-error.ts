import { errorBodySchema, errorTable, type Problem } from '@backstay/shared';

/** `offline`: no reply at all. `unexpected_reply`: a reply that does not fit the contract. */
export type ApiErrorCode = keyof typeof errorTable | 'offline' | 'unexpected_reply';

const isKnown = (code: string): code is keyof typeof errorTable => Object.hasOwn(errorTable, code);

/** Every failure of a call to the console's API. Test `code`, show `message`. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  readonly status: number | undefined;
  readonly problems: readonly Problem[];
  readonly requestId: string | undefined;

  constructor(
    code: ApiErrorCode,
    message: string,
    details: { status?: number; problems?: readonly Problem[]; requestId?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.name = 'ApiError';
    this.code = code;
    this.status = details.status;
    this.problems = details.problems ?? [];
    this.requestId = details.requestId;
  }

  /** True when the same call may succeed later without any change. */
  get retryable(): boolean {
    return this.code === 'offline' || (isKnown(this.code) && errorTable[this.code].retryable);
  }
}

const unexpected = (status: number): ApiError =>
  new ApiError(
    'unexpected_reply',
    `Backstay gave an answer that this page does not understand (${status}). Reload the page.`,
    {
      status,
    },
  );

export async function errorOf(response: Response): Promise<ApiError> {
  const body = errorBodySchema.safeParse(await response.json().catch(() => undefined));
  if (!body.success) return unexpected(response.status);
  const { code, message, details } = body.data.error;
  return new ApiError(isKnown(code) ? code : 'unexpected_reply', message, {
    status: response.status,
    problems: details ?? [],
    requestId: body.data.requestId,
  });
}

export const offlineError = (cause: unknown): ApiError =>
  new ApiError('offline', 'Backstay cannot be reached. Is it still running?', { cause });

export const hasApiCode = (error: unknown, code: ApiErrorCode): boolean =>
  error instanceof ApiError && error.code === code;

/** What to tell a person about any thrown value. */
export const messageOf = (error: unknown): string =>
  error instanceof ApiError ? error.message : 'Something unexpected happened in this page. Reload it.';
