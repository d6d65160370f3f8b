import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Failure } from '../failure.ts';
import { jsonOf, numberAt, reasonOf, textAt } from '../http/answer-text.ts';
import { exchange, type HttpAnswer } from '../http/http-call.ts';
import { EndedEarly, RequestBody } from '../http/request-body.ts';
import { type Bytes, PieceQueue } from '../openpgp/bytes.ts';
import { giveBack } from '../openpgp/lent-memory.ts';
import { callOf, isPassing, pause, type RepositoryAccess, retries, shortCallOf, uploadsUrl } from './access.ts';
import { StallWatch } from './stall-watch.ts';
import type { StoredVersion, UploadTarget } from './upload-target.ts';

const stage = 'upload';
/** Bytes in one request. They are kept until the server has them, so that a broken connection costs nothing but time. */
const segmentBytes = 16 * 1024 * 1024;
const abortMilliseconds = 10_000;
const commitMilliseconds = 60_000;
const longestSettlePause = 60;

const commitSignal = (): AbortSignal => AbortSignal.timeout(commitMilliseconds);

const isSuccess = ({ status }: HttpAnswer): boolean => status >= 200 && status < 300;

const refused = (answer: HttpAnswer): Failure => new Failure('refused', reasonOf(answer), { stage });

/** The server says why when it refused bytes of the upload, and nothing when it waited in vain for more. */
const givenUp = (answer: HttpAnswer): Failure => {
  const reason = textAt(jsonOf(answer.text), 'data', 'upload', 'reason');
  if (reason === undefined) return new Failure('uploadFailed', 'the repository gave the upload up', { stage });
  return new Failure('refused', `the repository gave the upload up: ${reason}`, { stage });
};

export interface OpenUpload {
  readonly id: string;
  readonly key: string;
}

/** Reserve, append in segments with an offset, commit by digest. Nothing exists before the commit. */
export class CommitUpload implements UploadTarget {
  readonly format = 'binary';
  readonly #access: RepositoryAccess;
  readonly #upload: OpenUpload;
  readonly #hash = createHash('sha256');
  /** What was written and is not acknowledged yet; it begins at `#offset`. */
  #kept = new PieceQueue();
  #offset = 0;
  #body: RequestBody;
  readonly #watch: StallWatch;
  #settled = false;

  constructor(access: RepositoryAccess, upload: OpenUpload) {
    this.#access = access;
    this.#upload = upload;
    this.#body = this.#openBody();
    this.#watch = new StallWatch(access.stallMilliseconds, () => this.#body.destroy());
  }

  async send(source: Bytes, confirm: () => Promise<void>): Promise<StoredVersion> {
    const { operation } = this.#access;
    const pieces = source[Symbol.asyncIterator]();
    try {
      for (let next = await this.#next(pieces); !next.done; next = await this.#next(pieces)) {
        this.#hash.update(next.value);
        operation.touch(stage);
        await this.#append(next.value);
        operation.touch('dump');
      }
      await this.#flush();
      await confirm();
      operation.touch(stage);
      return await this.#commit();
    } finally {
      // Not awaited: a source that waits for its next piece cannot return before it came.
      pieces.return?.().catch(() => undefined);
      this.#watch.close();
    }
  }

  async abort(): Promise<void> {
    this.#body.destroy();
    if (this.#settled) return;
    const signal = AbortSignal.timeout(abortMilliseconds);
    await exchange({ ...callOf(this.#access, 'DELETE', this.#url()), signal }).catch(() => undefined);
  }

  /** The next piece; meanwhile the connection is watched, because the source may be silent for long. */
  async #next(pieces: AsyncIterator<Buffer>): Promise<IteratorResult<Buffer>> {
    const next = pieces.next();
    for (;;) {
      const over = this.#body.over.then(() => undefined);
      const first = await this.#access.operation.guard(Promise.race([next, over]));
      if (first) return first;
      await this.#recover();
    }
  }

  async #append(piece: Buffer): Promise<void> {
    this.#kept.push(piece);
    try {
      await this.#watched(this.#body.write(piece));
    } catch (error) {
      if (!(error instanceof EndedEarly)) throw error;
      await this.#recover();
    }
    if (this.#kept.length >= segmentBytes) {
      await this.#flush();
      this.#body = this.#openBody();
    }
  }

  /** Ends the segment and waits until the server has it. */
  async #flush(): Promise<void> {
    const answer = await this.#ask(() => this.#body.end());
    if (answer && isSuccess(answer)) this.#acknowledge(answer);
    else await this.#resend(answer);
  }

  /** The segment ended before its time: sends again what the server has not, and opens the next one. */
  async #recover(): Promise<void> {
    const answer = await this.#ask(() => this.#body.answer);
    await this.#resend(answer && isSuccess(answer) ? undefined : answer);
    this.#body = this.#openBody();
  }

  async #resend(first: HttpAnswer | undefined): Promise<void> {
    let answer = first;
    for (let attempt = 0; attempt < retries; attempt++) {
      if (answer && !isPassing(answer) && answer.status !== 409) throw refused(answer);
      await pause(this.#access, attempt);
      const before = this.#offset;
      const outcome = await this.#catchUp();
      if (outcome === 'caught up') return;
      if (this.#offset > before) attempt = -1;
      answer = outcome;
    }
    const reason = answer ? reasonOf(answer) : 'the connection to the repository broke';
    throw new Failure('uploadFailed', `${reason}; gave up after ${retries} attempts`, { stage });
  }

  /** Asks how far the server got and sends the rest; gives the answer that was in the way. */
  async #catchUp(): Promise<HttpAnswer | 'caught up' | undefined> {
    const state = await this.#ask(() => exchange(shortCallOf(this.#access, 'GET', this.#url())));
    if (!state || !isSuccess(state)) return state;
    this.#acknowledge(state);
    if (this.#kept.length === 0) return 'caught up';
    const answer = await this.#sendKept();
    if (!answer || !isSuccess(answer)) return answer;
    this.#acknowledge(answer);
    return 'caught up';
  }

  async #sendKept(): Promise<HttpAnswer | undefined> {
    this.#body = this.#openBody();
    const { operation } = this.#access;
    const pieces = this.#kept.take(this.#kept.length);
    for (const piece of pieces) this.#kept.push(piece);
    try {
      for (const piece of pieces) {
        await this.#watched(this.#body.write(piece));
        operation.touch(stage);
      }
    } catch (error) {
      if (!(error instanceof EndedEarly)) throw error;
      return await this.#ask(() => this.#body.answer);
    }
    return await this.#ask(() => this.#body.end());
  }

  /** Forgets what the server says that it has. */
  #acknowledge(answer: HttpAnswer): void {
    const json = jsonOf(answer.text);
    const offset = numberAt(json, 'data', 'upload', 'offset');
    const state = textAt(json, 'data', 'upload', 'state');
    if (state !== undefined && state !== 'open') throw givenUp(answer);
    if (offset === undefined || offset < this.#offset || offset > this.#offset + this.#kept.length) {
      throw new Failure('uploadFailed', 'the repository lost a part of the upload', { stage });
    }
    for (const piece of this.#kept.take(offset - this.#offset)) giveBack(piece);
    this.#offset = offset;
  }

  /**
   * The point of no return: a signal does not interrupt it any more, because the version may exist from the first request on.
   * Each request and each pause is short.
   */
  async #commit(): Promise<StoredVersion> {
    const stored = { bytes: this.#offset, sha256: this.#hash.digest('hex') };
    this.#settled = true;
    for (let attempt = 0; attempt <= retries; attempt++) {
      const answer = (await this.#finalise(stored)) ?? (await this.#settle(attempt));
      if (answer) return { ...stored, ...versionOf(answer) };
    }
    const reason = 'the repository did not say whether the version was stored';
    throw new Failure('outcomeUnknown', `${reason}; look at its list of versions`, { stage });
  }

  /** The answer of success; undefined when the outcome is unknown. */
  async #finalise({ sha256, bytes }: StoredVersion): Promise<HttpAnswer | undefined> {
    const call = { ...callOf(this.#access, 'POST', this.#url('/finalise')), signal: commitSignal() };
    const answer = await exchange(call, { sha256, size: bytes }).catch(() => undefined);
    if (!answer || isPassing(answer)) return undefined;
    if (isSuccess(answer)) return answer;
    this.#settled = false;
    throw refused(answer);
  }

  /** Asks what became of a commit without an answer; undefined when it has to be repeated. */
  async #settle(attempt: number): Promise<HttpAnswer | undefined> {
    await setTimeout(this.#access.retryMilliseconds * Math.min(2 ** attempt, longestSettlePause));
    const url = uploadsUrl(this.#access, `/${this.#upload.key}`);
    const answer = await exchange({ ...callOf(this.#access, 'GET', url), signal: commitSignal() }).catch(
      () => undefined,
    );
    const state = answer && textAt(jsonOf(answer.text), 'data', 'upload', 'state');
    if (answer && state === 'aborted') throw givenUp(answer);
    return state === 'committed' ? answer : undefined;
  }

  /** The answer; undefined when the connection broke, which is for the caller to mend. */
  async #ask(work: () => Promise<HttpAnswer>): Promise<HttpAnswer | undefined> {
    const { operation } = this.#access;
    try {
      const answer = await this.#watched(work());
      operation.touch(stage);
      return answer;
    } catch (error) {
      if (operation.signal.aborted) throw error;
      return undefined;
    }
  }

  /** Cuts the connection when nothing moves: the work then ends as it does when the connection breaks by itself. */
  async #watched<T>(work: Promise<T>): Promise<T> {
    this.#watch.begin();
    try {
      return await this.#access.operation.guard(work);
    } finally {
      this.#watch.end();
    }
  }

  #openBody(): RequestBody {
    const headers = { 'Upload-Offset': String(this.#offset), 'Content-Type': 'application/octet-stream' };
    return new RequestBody({ ...callOf(this.#access, 'PATCH', this.#url()), headers });
  }

  #url(path = ''): URL {
    return uploadsUrl(this.#access, `/${encodeURIComponent(this.#upload.id)}${path}`);
  }
}

const versionOf = (answer: HttpAnswer): { version?: number } => {
  const json = jsonOf(answer.text);
  const version =
    numberAt(json, 'data', 'version', 'versionNumber') ?? numberAt(json, 'data', 'upload', 'version', 'versionNumber');
  return version === undefined ? {} : { version };
};
