import { StorageError } from '../blob-store.ts';

/** What is kept of an error of S3: neither addresses nor signatures nor key ids, which its own errors carry. */
export class S3Error extends Error {
  readonly code: string;
  /** Undefined: there was no answer. */
  readonly status: number | undefined;

  constructor(code: string, status: number | undefined) {
    super(status === undefined ? code : `${code} (${status})`);
    this.name = 'S3Error';
    this.code = code;
    this.status = status;
  }
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

const word = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(value) ? value : undefined;

export const toS3Error = (error: unknown): S3Error => {
  if (error instanceof S3Error) {
    return error;
  }
  const status =
    member(member(error, '$metadata'), 'httpStatusCode') ?? member(member(error, '$response'), 'statusCode');
  const code = word(member(error, 'Code')) ?? word(member(error, 'code')) ?? word(member(error, 'name')) ?? 'unknown';
  return new S3Error(code, typeof status === 'number' ? status : undefined);
};

const transientCodes = new Set([
  'BadDigest',
  'InternalError',
  'OperationAborted',
  'RequestTimeTooSkewed',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'XAmzContentSHA256Mismatch',
]);
const fullCodes = new Set(['InsufficientStorage', 'QuotaExceeded', 'XMinioStorageFull']);
/** Without an answer, but asking again cannot help. */
const hopelessCodes = new Set(['CredentialsProviderError', 'InvalidBucketName', 'TokenProviderError']);

export const isFull = ({ code, status }: S3Error): boolean => status === 507 || fullCodes.has(code);

/** Whether asking again can help: no answer came, or one that blames the server or the moment. */
export const isTransient = (error: unknown): boolean => {
  const { code, status } = toS3Error(error);
  if (isFull(toS3Error(error)) || hopelessCodes.has(code)) {
    return false;
  }
  return status === undefined || status >= 500 || status === 408 || status === 429 || transientCodes.has(code);
};

export const isMissing = (error: unknown): boolean => toS3Error(error).status === 404;

const helps: Record<string, string> = {
  AccessDenied: 'the S3 storage refused access: check the rights of its key',
  CredentialsProviderError:
    'there are no credentials for the S3 storage: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  InvalidAccessKeyId: 'the S3 storage does not know the access key',
  NoSuchBucket: 'the bucket does not exist',
  SignatureDoesNotMatch: 'the S3 storage does not accept the secret key',
};

/** For the outside: words without anything secret. */
export const toStorageError = (error: unknown): StorageError => {
  if (error instanceof StorageError) {
    return error;
  }
  const cause = toS3Error(error);
  if (isFull(cause)) {
    return new StorageError('full', 'the quota of the S3 storage is used up', cause);
  }
  return new StorageError('failed', helps[cause.code] ?? `the S3 storage failed (${cause.code})`, cause);
};

export const guardedS3 = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw toStorageError(error);
  }
};
