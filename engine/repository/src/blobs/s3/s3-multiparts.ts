import { withRetries } from '../retries.ts';
import { isTransient, S3Error, toS3Error } from './s3-errors.ts';
import type { S3Multipart, S3Part, S3Requests } from './s3-requests.ts';

const abortRounds = 8;

export type Completion = 'done' | 'exists' | 'conflict';

export interface CompletionOptions {
  /** Never over an object that is there: then `exists`. `conflict`: somebody else was at it, all parts must come again. */
  readonly createOnly: boolean;
  /** Whether the object is what this upload was to make. Asked when the answer was lost. */
  readonly isMade: () => Promise<boolean>;
}

const refusals: Record<number, Completion> = { 409: 'conflict', 412: 'exists' };

/**
 * Turns the parts into the object, once. A lost answer, or one that speaks of an upload that is gone, is settled by looking
 * at the object: it is there as a whole or it is not.
 */
export const completeMultipart = async (
  requests: S3Requests,
  { upload, parts }: { upload: S3Multipart; parts: readonly S3Part[] },
  options: CompletionOptions,
): Promise<Completion> => {
  try {
    await withRetries(requests.options.retries, isTransient, () => requests.complete(upload, parts, options));
    return 'done';
  } catch (error) {
    if (await options.isMade()) {
      return 'done';
    }
    const { status } = toS3Error(error);
    const refusal = status === undefined ? undefined : refusals[status];
    if (refusal === undefined) {
      throw error;
    }
    return refusal;
  }
};

const isListed = async (requests: S3Requests, { key, uploadId }: S3Multipart): Promise<boolean> => {
  for await (const upload of requests.listMultiparts(key)) {
    if (upload.uploadId === uploadId) {
      return true;
    }
  }
  return false;
};

/** Aborts again until the listing shows nothing: parts that were on their way may arrive after the first abort. */
export const abortMultipart = async (requests: S3Requests, upload: S3Multipart): Promise<void> => {
  const { sleep } = requests.options.retries;
  for (let round = 0; round < abortRounds; round += 1) {
    await requests.abort(upload);
    if (!(await isListed(requests, upload))) {
      return;
    }
    await sleep(100 * 2 ** round);
  }
  throw new S3Error('MultipartUploadRemains', undefined);
};
