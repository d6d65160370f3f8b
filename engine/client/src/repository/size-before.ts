import { jsonOf } from '../http/answer-text.ts';
import { exchange } from '../http/http-call.ts';
import { callOf, type RepositoryAccess, versionsUrl } from './access.ts';

const patience = 10_000;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Newest version before that number; undefined when there is none, or no answer that says so. */
const sizeIn = (answer: unknown, before: number): number | undefined => {
  const data = isRecord(answer) ? answer['data'] : undefined;
  const versions = isRecord(data) && Array.isArray(data['versions']) ? (data['versions'] as unknown[]) : [];
  let newest = 0;
  let size: number | undefined;
  for (const version of versions.filter(isRecord)) {
    const { versionNumber: number, filesize } = version;
    if (typeof number !== 'number' || typeof filesize !== 'number' || number >= before || number <= newest) continue;
    newest = number;
    size = filesize;
  }
  return size;
};

/**
 * Stored bytes of the version before `number`. It is only for a hint: whoever may not list versions, or gets no answer, gets
 * undefined, and so does who is interrupted meanwhile. Never throws.
 */
export const sizeBefore = async (access: RepositoryAccess, number: number): Promise<number | undefined> => {
  if (number <= 1) return undefined;
  const signal = AbortSignal.any([access.operation.signal, AbortSignal.timeout(patience)]);
  const answer = await exchange({ ...callOf(access, 'GET', versionsUrl(access)), signal }).catch(() => undefined);
  return answer?.status === 200 ? sizeIn(jsonOf(answer.text), number) : undefined;
};
