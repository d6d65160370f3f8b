import { randomUUID } from 'node:crypto';
import { Failure, messageOf } from '../failure.ts';
import { jsonOf, reasonOf, textAt } from '../http/answer-text.ts';
import { exchange, type HttpAnswer } from '../http/http-call.ts';
import { callOf, type RepositoryAccess, uploadsUrl } from './access.ts';
import { CommitUpload } from './commit-upload.ts';
import { PlainUpload } from './plain-upload.ts';
import type { UploadTarget } from './upload-target.ts';

const stage = 'upload';

/** Servers without the commit protocol do not know the path; their own refusals are JSON. */
const isUnknownPath = ({ status, text }: HttpAnswer): boolean =>
  (status === 404 || status === 405) && jsonOf(text) === undefined;

/**
 * Reserves room for a version, or falls back to the plain upload of older servers. A server that refuses does so here, before
 * the dump is started.
 */
export const openUpload = async (access: RepositoryAccess): Promise<UploadTarget> => {
  const key = randomUUID();
  const answer = await exchange(callOf(access, 'POST', uploadsUrl(access)), { key }).catch((cause: unknown) => {
    if (access.operation.signal.aborted) throw access.operation.signal.reason;
    throw new Failure('uploadFailed', `the repository cannot be reached: ${messageOf(cause)}`, { stage, cause });
  });
  access.operation.touch('dump');
  if (isUnknownPath(answer)) return new PlainUpload(access);
  const id = textAt(jsonOf(answer.text), 'data', 'upload', 'id');
  if (answer.status > 299 || id === undefined) throw new Failure('refused', reasonOf(answer), { stage });
  return new CommitUpload(access, { id, key });
};
