import type { StorageError, StorageFailure } from '../blobs/blob-store.ts';
import { type Failure, failure } from '../http/reply.ts';

const statusOf: Record<StorageFailure, number> = { busy: 503, full: 507, exists: 500, 'invalid-key': 500, failed: 500 };

/** What clients are told when the storage cannot; they may come again when it only has too much to do. */
export const storageFailure = (error: StorageError, prefix = ''): Failure => {
  const headers = error.failure === 'busy' ? { 'retry-after': '5' } : undefined;
  return failure(statusOf[error.failure], `${prefix}${error.message}`, headers === undefined ? {} : { headers });
};
