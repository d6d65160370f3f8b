/** One reason for an Invalid or Conflict answer (metav1.StatusCause). */
export interface Cause {
  reason: string;
  message: string;
  field: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: Cause[];
  retryAfterSeconds?: number;
}

/** What the API answers instead of an object: a metav1.Status with its HTTP status. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, more: { message: string; details?: StatusDetails }) {
    super(more.message);
    this.name = 'ApiError';
    this.code = code;
    this.reason = reason;
    this.details = more.details;
  }

  toStatus(): Record<string, unknown> {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }
}

/** What an error names: a kind as the API spells it. */
export interface Named {
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
}

const qualified = (name: string, group: string) => (group === '' ? name : `${name}.${group}`);
const groupOf = (kind: Named) => (kind.group === '' ? {} : { group: kind.group });
const resourceDetails = (kind: Named, name: string): StatusDetails => ({
  ...(name === '' ? {} : { name }),
  ...groupOf(kind),
  kind: kind.plural,
});

export const resourceName = (kind: Named): string => qualified(kind.plural, kind.group);

export const notFound = (kind: Named, name: string): ApiError =>
  new ApiError(404, 'NotFound', {
    message: `${resourceName(kind)} "${name}" not found`,
    details: resourceDetails(kind, name),
  });

export const alreadyExists = (kind: Named, name: string): ApiError =>
  new ApiError(409, 'AlreadyExists', {
    message: `${resourceName(kind)} "${name}" already exists`,
    details: resourceDetails(kind, name),
  });

export const conflict = (kind: Named, name: string, why: string): ApiError =>
  new ApiError(409, 'Conflict', {
    message: `Operation cannot be fulfilled on ${resourceName(kind)} "${name}": ${why}`,
    details: resourceDetails(kind, name),
  });

export const modifiedMeanwhile =
  'the object has been modified; please apply your changes to the latest version and try again';

export function invalid(kind: Named, name: string, causes: Cause[]): ApiError {
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new ApiError(422, 'Invalid', {
    message: `${qualified(kind.kind, kind.group)} "${name}" is invalid: ${text}`,
    details: { ...(name === '' ? {} : { name }), ...groupOf(kind), kind: kind.kind, causes },
  });
}

export const forbidden = (kind: Named, name: string, why: string): ApiError =>
  new ApiError(403, 'Forbidden', {
    message: `${resourceName(kind)}${name === '' ? '' : ` "${name}"`} is forbidden: ${why}`,
    details: resourceDetails(kind, name),
  });

export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequest', { message });

export const expired = (message: string): ApiError => new ApiError(410, 'Expired', { message });

export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', { message: 'Unauthorized' });

export const pageNotFound = (): ApiError =>
  new ApiError(404, 'NotFound', { message: 'the server could not find the requested resource', details: {} });

export const methodNotAllowed = (): ApiError =>
  new ApiError(405, 'MethodNotAllowed', {
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });

const shown = (value: unknown): string => JSON.stringify(value) ?? 'null';

/* Causes, worded as Kubernetes words them. */
export const invalidValue = (field: string, value: unknown, why: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${shown(value)}: ${why}`,
  field,
});
export const requiredValue = (field: string, why = ''): Cause => ({
  reason: 'FieldValueRequired',
  message: `Required value${why === '' ? '' : `: ${why}`}`,
  field,
});
export const forbiddenValue = (field: string, why: string): Cause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${why}`,
  field,
});
export const duplicateValue = (field: string, value: unknown): Cause => ({
  reason: 'FieldValueDuplicate',
  message: `Duplicate value: ${shown(value)}`,
  field,
});
export const unsupportedValue = (field: string, value: unknown, supported: readonly string[]): Cause => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${shown(value)}: supported values: ${[...supported].sort().map(shown).join(', ')}`,
  field,
});
