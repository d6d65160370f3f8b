import type { KubeError } from '@backstay/kubernetes';
import { DomainError, type ErrorCode } from '@backstay/shared';

/** What an API server's refusal means to the person whose request it was. */
export function fromKubeError(error: KubeError): DomainError {
  const code = codeOf(error);
  const told = code === 'cluster_unreachable' ? undefined : message(error);
  return new DomainError(code, told, {
    cause: error,
    problems:
      code === 'invalid_input' ? error.causes.map((cause) => ({ field: '', message: describeCause(cause) })) : [],
  });
}

export const describeCause = (cause: { field?: string; message?: string }): string =>
  [cause.field, cause.message].filter(Boolean).join(': ') || 'The API server refused this.';

const codeByStatus: Record<number, ErrorCode> = {
  0: 'cluster_unreachable',
  400: 'invalid_input',
  401: 'sign_in_required',
  403: 'forbidden',
  404: 'not_found',
  422: 'invalid_input',
  429: 'cluster_unreachable',
  502: 'cluster_unreachable',
  503: 'cluster_unreachable',
  504: 'cluster_unreachable',
};

function codeOf(error: KubeError): ErrorCode {
  if (error.status === 409) return error.reason === 'AlreadyExists' ? 'name_taken' : 'conflict';
  return codeByStatus[error.status] ?? 'cluster_refused';
}

function message(error: KubeError): string {
  return error.status === 403 ? `Your account may not do this: ${error.message}` : error.message;
}
