import { KubeError } from '@backstay/kubernetes';
import { DomainError, type ErrorBody, type ErrorCode, errorTable } from '@backstay/shared';
import type { ErrorRequestHandler } from 'express';
import type { Logger } from 'pino';
import { fromKubeError } from '../kubernetes/from-kube-error.ts';
import { contextOf } from './request-context.ts';

/** The one place that turns an error into a reply. What nobody foresaw is logged in full and told in general words. */
export const errorReply =
  (logger: Logger): ErrorRequestHandler =>
  // biome-ignore lint/complexity/useMaxParams: Express knows error middleware by its four parameters.
  (error: unknown, request, response, _next) => {
    const { requestId } = contextOf(request);
    const known = toDomainError(error);
    const { status } = errorTable[known.code];
    if (status >= 500) logger.error({ requestId, err: error, code: known.code }, 'request failed');
    if (response.headersSent) {
      // The reply broke off half-way: a clean end would pass for the whole of it.
      response.destroy();
      return;
    }
    const body: ErrorBody = {
      error: {
        code: known.code,
        message: known.message,
        ...(known.problems.length > 0 && { details: known.problems.map((problem) => ({ ...problem })) }),
      },
      requestId,
    };
    response.status(status).set('cache-control', 'no-store').json(body);
  };

export function toDomainError(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (error instanceof KubeError) return fromKubeError(error);
  const code = bodyErrorCode(error);
  return new DomainError(code, undefined, { cause: error });
}

const codeByBodyError: Record<string, ErrorCode> = {
  'entity.too.large': 'too_large',
  'parameters.too.many': 'too_large',
  'entity.parse.failed': 'malformed_request',
  'encoding.unsupported': 'malformed_request',
  'charset.unsupported': 'malformed_request',
  'request.aborted': 'malformed_request',
  'request.size.invalid': 'malformed_request',
};

// What Express' body parser and router throw carries a `type`, or a status of its own.
function bodyErrorCode(error: unknown): ErrorCode {
  if (!(error instanceof Error)) return 'internal';
  if ('type' in error && typeof error.type === 'string') return codeByBodyError[error.type] ?? 'internal';
  return error instanceof URIError || ('status' in error && error.status === 400) ? 'malformed_request' : 'internal';
}
