import { createHash } from 'node:crypto';
import { Failure, messageOf } from '../failure.ts';
import { jsonOf, numberAt, reasonOf } from '../http/answer-text.ts';
import type { HttpAnswer } from '../http/http-call.ts';
import { EndedEarly, RequestBody } from '../http/request-body.ts';
import type { Bytes } from '../openpgp/bytes.ts';
import { giveBack } from '../openpgp/lent-memory.ts';
import { interruptible } from '../operation.ts';
import { callOf, type RepositoryAccess, versionUrl } from './access.ts';
import type { StoredVersion, UploadTarget } from './upload-target.ts';

const stage = 'upload';

/** One chunked request, as servers without the commit protocol know it: its last chunk is the commit. */
export class PlainUpload implements UploadTarget {
  readonly format = 'armor';
  readonly #access: RepositoryAccess;
  #body: RequestBody | undefined;

  constructor(access: RepositoryAccess) {
    this.#access = access;
  }

  async send(source: Bytes, confirm: () => Promise<void>): Promise<StoredVersion> {
    const { operation } = this.#access;
    const body = new RequestBody(callOf(this.#access, 'POST', versionUrl(this.#access)));
    this.#body = body;
    void body.over.then(() => operation.touch(stage));
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const piece of interruptible(source, operation)) {
      hash.update(piece);
      bytes += piece.length;
      operation.touch(stage);
      await operation
        .guard(body.write(piece, () => giveBack(piece)))
        .catch((error: unknown) => this.#endedEarly(body, error));
      operation.touch('dump');
    }
    await confirm();
    operation.touch(stage);
    const answer = await operation.guard(body.end()).catch((error: unknown) => this.#broken(error));
    return { ...this.#accepted(answer), bytes, sha256: hash.digest('hex') };
  }

  abort(): Promise<void> {
    this.#body?.destroy();
    return Promise.resolve();
  }

  async #endedEarly(body: RequestBody, error: unknown): Promise<never> {
    if (!(error instanceof EndedEarly)) throw error;
    const answer = await body.answer.catch((cause: unknown) => this.#broken(cause));
    throw new Failure('refused', reasonOf(answer), { stage });
  }

  #broken(cause: unknown): never {
    if (cause instanceof Failure || this.#access.operation.signal.aborted) throw cause;
    throw new Failure('uploadFailed', `the connection to the repository broke: ${messageOf(cause)}`, { stage, cause });
  }

  #accepted(answer: HttpAnswer): { version?: number } {
    if (answer.status < 200 || answer.status > 299) throw new Failure('refused', reasonOf(answer), { stage });
    const version = numberAt(jsonOf(answer.text), 'data', 'version', 'versionNumber');
    return version === undefined ? {} : { version };
  }
}
