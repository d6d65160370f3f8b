/** What one error code means on the wire and to a person. Codes are never reused. */
export interface ErrorEntry {
  /** HTTP status of the reply that carries the code. */
  readonly status: number;
  /** True when the same request may succeed later without any change. */
  readonly retryable: boolean;
  /** Shown when the thrower gave no message of its own. */
  readonly message: string;
}

export const errorTable = {
  invalid_input: { status: 422, retryable: false, message: 'Some fields need another value.' },
  malformed_request: { status: 400, retryable: false, message: 'The request could not be read.' },
  too_large: { status: 413, retryable: false, message: 'The request is too large.' },
  sign_in_required: { status: 401, retryable: false, message: 'Sign in to go on.' },
  sign_in_code_invalid: {
    status: 401,
    retryable: false,
    message: 'This sign-in link was used already or is too old. Print a new one with: npm run -s backstay -- sign-in',
  },
  forbidden: { status: 403, retryable: false, message: 'Your account may not do this.' },
  foreign_origin: { status: 403, retryable: false, message: 'The request did not come from this console.' },
  not_found: { status: 404, retryable: false, message: 'This does not exist, or no longer.' },
  name_taken: { status: 409, retryable: false, message: 'This name is taken. Choose another.' },
  conflict: { status: 409, retryable: true, message: 'Somebody changed this meanwhile. Load it again.' },
  already_finished: { status: 409, retryable: false, message: 'This job has finished already.' },
  too_many_requests: { status: 429, retryable: true, message: 'Too many requests. Wait a moment.' },
  cluster_unreachable: { status: 502, retryable: true, message: 'The Kubernetes API cannot be reached.' },
  cluster_refused: { status: 502, retryable: false, message: 'The Kubernetes API refused the request.' },
  repository_unreachable: { status: 502, retryable: true, message: 'The backup repository cannot be reached.' },
  repository_refused: { status: 502, retryable: false, message: 'The backup repository refused the request.' },
  unavailable: { status: 503, retryable: true, message: 'Backstay is starting or stopping. Try again.' },
  internal: {
    status: 500,
    retryable: false,
    message: 'Something went wrong inside Backstay. The log has the details.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;
