import { randomUUID } from 'node:crypto';
import { Failure, messageOf } from '../failure.ts';
import { jsonOf, reasonOf, textAt } from '../http/answer-text.ts';
import { exchange, type HttpAnswer } from '../http/http-call.ts';
import { isPassing, pause, type RepositoryAccess, retries, shortCallOf, uploadsUrl } from './access.ts';
import { CommitUpload } from './commit-upload.ts';
import { PlainUpload } from './plain-upload.ts';
import type { UploadTarget } from './upload-target.ts';

const stage = 'upload';

/** Servers without the commit protocol do not know the path; their own refusals are JSON. */
const isUnknownPath = ({ status, text }: HttpAnswer): boolean =>
  (status === 404 || status === 405) && jsonOf(text) === undefined;

/** The same key again gives the same upload, so that a server which is away for a moment may be asked again. */
const reserve = async (access: RepositoryAccess, key: string): Promise<HttpAnswer> => {
  for (let attempt = 0; ; attempt++) {
    const last = attempt === retries;
    try {
      const answer = await exchange(shortCallOf(access, 'POST', uploadsUrl(access)), { key });
      // 500 is what a server answers about a collection that is misconfigured: it does not pass.
      if (last || answer.status === 500 || !isPassing(answer)) return answer;
    } catch (cause) {
      if (access.operation.signal.aborted) throw access.operation.signal.reason;
      const reason = `the repository cannot be reached: ${messageOf(cause)}`;
      if (last) throw new Failure('uploadFailed', reason, { stage, cause });
    }
    await pause(access, attempt);
  }
};

/**
 * Reserves room for a version, or falls back to the plain upload of older servers. A server that refuses does so here, before
 * the dump is started.
 */
export const openUpload = async (access: RepositoryAccess): Promise<UploadTarget> => {
  const key = randomUUID();
  const answer = await reserve(access, key);
  access.operation.touch('dump');
  if (isUnknownPath(answer)) return new PlainUpload(access);
  const id = textAt(jsonOf(answer.text), 'data', 'upload', 'id');
  if (answer.status > 299 || id === undefined) throw new Failure('refused', reasonOf(answer), { stage });
  return new CommitUpload(access, { id, key });
};
