import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Failure, messageOf } from '../failure.ts';
import { reasonOf } from '../http/answer-text.ts';
import { answerOf, type HttpAnswer, openRequest, readAnswer } from '../http/http-call.ts';
import type { Bytes } from '../openpgp/bytes.ts';
import { gather } from '../openpgp/gather.ts';
import { interruptible } from '../operation.ts';
import { callOf, isPassing, pause, type RepositoryAccess, retries, versionUrl } from './access.ts';
import { StallWatch } from './stall-watch.ts';
import { damageOf, versionNumberOf } from './version-number.ts';

const stage = 'download';
const mostRedirects = 5;

/** Bytes that were read once, to its end. */
export interface SeenVersion {
  readonly sha256: string;
  readonly etag: string | undefined;
  /** Undefined where the server does not say which one it is. */
  readonly version: number | undefined;
}

export interface Download {
  /** Stored bytes. It throws at its end when they are not what the server said: keep the last ones back until then. */
  readonly body: Bytes;
  readonly totalBytes: number | undefined;
  /** The one that was opened, whatever it was asked for as; undefined where the server does not say so. */
  readonly version: number | undefined;
  /** How much of it came so far, from 0 to 1; undefined where the server does not say how long it is. */
  share(): number | undefined;
  /** Once the body has ended. */
  seen(): SeenVersion;
}

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

interface Request {
  readonly access: RepositoryAccess;
  readonly version: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Other bytes than these are refused. */
  readonly seen?: SeenVersion | undefined;
}

/** Follows redirects; another origin does not get the token. A server that says nothing for long is as good as gone. */
const get = async ({ access, version, headers = {} }: Request): Promise<IncomingMessage> => {
  let url = versionUrl(access, version);
  let token: string | undefined = access.token;
  for (let hop = 0; hop <= mostRedirects; hop++) {
    const request = openRequest({ ...callOf(access, 'GET', url), token, headers });
    const answer = answerOf(request);
    request.end();
    const timer = setTimeout(
      () => request.destroy(new Error('the repository does not answer')),
      access.stallMilliseconds,
    );
    const response = await access.operation.guard(answer).finally(() => clearTimeout(timer));
    const { location } = response.headers;
    if (!isRedirect(response.statusCode ?? 0) || location === undefined) return response;
    response.destroy();
    const next = new URL(location, url);
    if (next.origin !== url.origin) token = undefined;
    url = next;
  }
  throw new Failure('refused', `the repository redirected more than ${mostRedirects} times`, { stage });
};

/** SHA-256 in hex, from Repr-Digest or from an ETag that is one. */
const digestOf = (headers: IncomingHttpHeaders): string | undefined => {
  const repr = /(?:^|[,\s])sha-256=:([A-Za-z0-9+/]{43}=):/.exec(String(headers['repr-digest'] ?? ''))?.[1];
  if (repr !== undefined) return Buffer.from(repr, 'base64').toString('hex');
  return /^"([0-9a-f]{64})"$/i.exec(headers.etag ?? '')?.[1]?.toLowerCase();
};

const lengthOf = (headers: IncomingHttpHeaders): number | undefined => {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
};

class VerifiedDownload implements Download {
  readonly #access: RepositoryAccess;
  readonly #asked: string;
  readonly #etag: string | undefined;
  readonly #expected: string | undefined;
  readonly #seenBefore: boolean;
  #digest = '';
  readonly #hash = createHash('sha256');
  readonly totalBytes: number | undefined;
  readonly version: number | undefined;
  readonly body: Bytes;
  #response: IncomingMessage;
  #received = 0;

  constructor({ access, version, seen }: Request, response: IncomingMessage) {
    this.#access = access;
    this.version = versionNumberOf(response.headers);
    // `latest` is asked once: what broke is continued with the same version, also when there is a newer one by then.
    this.#asked = this.version === undefined ? version : String(this.version);
    this.#response = response;
    this.#etag = response.headers.etag;
    this.#expected = seen?.sha256 ?? digestOf(response.headers);
    this.#seenBefore = seen !== undefined;
    this.totalBytes = lengthOf(response.headers);
    this.body = this.#read();
  }

  async *#read(): AsyncGenerator<Buffer> {
    let attempt = 0;
    for (;;) {
      const before = this.#received;
      try {
        yield* this.#pieces();
        break;
      } catch (error) {
        if (this.#access.operation.signal.aborted) throw error;
        attempt = this.#received > before ? 0 : attempt + 1;
        await this.#resume(attempt, error);
      }
    }
    this.#verify();
  }

  async *#pieces(): AsyncGenerator<Buffer> {
    const stalled = (): void => void this.#response.destroy(new Error('nothing came any more'));
    const watch = new StallWatch(this.#access.stallMilliseconds, stalled);
    try {
      watch.begin();
      for await (const piece of interruptible(gather(this.#response), this.#access.operation)) {
        watch.end();
        this.#hash.update(piece);
        this.#received += piece.length;
        this.#access.operation.touch('load');
        yield piece;
        this.#access.operation.touch(stage);
        watch.begin();
      }
    } finally {
      watch.close();
    }
    if (this.totalBytes !== undefined && this.#received < this.totalBytes) throw new Error('the answer is cut off');
  }

  /** Asks for the rest of exactly the same bytes, which only a server that names them by an entity tag can give. */
  async #resume(attempt: number, cause: unknown): Promise<void> {
    const broken = `the connection to the repository broke after ${this.#received} bytes: ${messageOf(cause)}`;
    if (this.#etag === undefined || attempt > retries) throw new Failure('downloadFailed', broken, { stage, cause });
    await pause(this.#access, attempt);
    const headers = { Range: `bytes=${this.#received}-`, 'If-Match': this.#etag };
    const response = await get({ access: this.#access, version: this.#asked, headers }).catch((error: unknown) => {
      if (this.#access.operation.signal.aborted || error instanceof Failure) throw error;
      return undefined;
    });
    if (response && isPassing({ status: response.statusCode ?? 0 })) response.destroy();
    if (!response || response.destroyed) return await this.#resume(attempt + 1, cause);
    const range = /^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1];
    if (response.statusCode !== 206 || Number(range) !== this.#received) {
      await throwDamage(response, this.version);
      const reason = response.statusCode === 412 ? 'the version changed meanwhile' : `status ${response.statusCode}`;
      throw new Failure('downloadFailed', `${broken}; it cannot be resumed (${reason})`, { stage, cause });
    }
    this.#response = response;
  }

  share(): number | undefined {
    return this.totalBytes ? this.#received / this.totalBytes : undefined;
  }

  seen(): SeenVersion {
    return { sha256: this.#digest, etag: this.#etag, version: this.version };
  }

  #verify(): void {
    this.#digest = this.#hash.digest('hex');
    if (this.#expected === undefined || this.#digest === this.#expected) return;
    const expected = this.#seenBefore ? 'that they had when they were verified' : 'that the repository recorded';
    const which = this.version === undefined ? '' : ` of version ${this.version}`;
    throw new Failure('corrupt', `the downloaded bytes${which} do not have the SHA-256 ${expected}`, {
      stage: 'verify',
    });
  }
}

/** Reads a refusal, and throws when it says that the version is damaged. */
const throwDamage = async (response: IncomingMessage, version: number | undefined): Promise<HttpAnswer> => {
  const answer = await readAnswer(response);
  const damage = damageOf(answer, versionNumberOf(response.headers) ?? version);
  if (damage) throw damage;
  return answer;
};

/** A server that is away for a moment may be asked again: nothing was read yet. */
const begin = async (request: Request): Promise<IncomingMessage> => {
  const { access } = request;
  for (let attempt = 0; ; attempt++) {
    const last = attempt === retries;
    try {
      const response = await get(request);
      const status = response.statusCode ?? 0;
      // 500 is what a server answers about a collection that is misconfigured: it does not pass.
      if (last || status === 500 || !isPassing({ status })) return response;
      response.destroy();
    } catch (cause) {
      if (access.operation.signal.aborted || cause instanceof Failure) throw cause;
      const reason = `the repository cannot be reached: ${messageOf(cause)}`;
      if (last) throw new Failure('downloadFailed', reason, { stage, cause });
    }
    await pause(access, attempt);
  }
};

/**
 * Asks for a version (`latest`, `v3`, `3`), or for the very bytes that were read before. Throws a Failure unless the server
 * begins to send it.
 */
export const openDownload = async (
  access: RepositoryAccess,
  version: string,
  seen?: SeenVersion,
): Promise<Download> => {
  const headers: Record<string, string> = seen?.etag === undefined ? {} : { 'If-Match': seen.etag };
  const pinned = seen?.version === undefined ? version : String(seen.version);
  const response = await begin({ access, version: pinned, headers });
  const status = response.statusCode ?? 0;
  if (status === 412 && seen) {
    response.destroy();
    throw new Failure('downloadFailed', 'the version changed after it was verified', { stage });
  }
  if (status !== 200) throw new Failure('refused', reasonOf(await throwDamage(response, undefined)), { stage });
  return new VerifiedDownload({ access, version: pinned, seen }, response);
};
