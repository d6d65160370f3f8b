import type { IncomingHttpHeaders } from 'node:http';
import { Failure } from '../failure.ts';
import { jsonOf, reasonOf, textAt } from '../http/answer-text.ts';
import type { HttpAnswer } from '../http/http-call.ts';

/** Which version an answer is about; undefined where the server is older and does not say so. */
export const versionNumberOf = (headers: IncomingHttpHeaders): number | undefined => {
  const header = headers['x-version'];
  return typeof header === 'string' && /^[1-9]\d{0,14}$/.test(header) ? Number(header) : undefined;
};

/** The failure when the answer says that the version is damaged; undefined for every other refusal. */
export const damageOf = (answer: HttpAnswer, version: number | undefined): Failure | undefined => {
  if (answer.status !== 409 || version === undefined) return undefined;
  const good = /the newest good one is (\d+)/.exec(textAt(jsonOf(answer.text), 'error') ?? answer.text)?.[1];
  const words = good ? `the newest good one is ${good}: restore it with --version ${good}` : 'no good one is known';
  return new Failure('corrupt', `version ${version} is damaged; ${words} (${reasonOf(answer)})`, { stage: 'download' });
};
