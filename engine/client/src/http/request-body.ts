import type { ClientRequest } from 'node:http';
import { Drain } from '../process/drain.ts';
import { answerOf, type HttpAnswer, type HttpCall, openRequest, readAnswer } from './http-call.ts';

/** The server answered, or the connection broke, before the whole body was sent: `answer` of the body says which. */
export class EndedEarly extends Error {
  constructor() {
    super('the request ended before its body was sent');
    this.name = 'EndedEarly';
  }
}

/** A request whose body is written as it comes, in chunks. The last chunk is sent by `end` and by nothing else. */
export class RequestBody {
  readonly #request: ClientRequest;
  readonly #drain: Drain;
  /** The server's answer; rejects when the connection broke. */
  readonly answer: Promise<HttpAnswer>;
  /** Resolves when there is an answer or an error. */
  readonly over: Promise<void>;

  constructor(call: HttpCall) {
    this.#request = openRequest({ ...call, headers: { 'Transfer-Encoding': 'chunked', ...call.headers } });
    this.answer = answerOf(this.#request).then(readAnswer);
    this.#drain = new Drain(this.#request);
    const finish = (): void => this.#drain.end();
    this.over = this.answer.then(finish, finish);
    this.#request.flushHeaders();
  }

  /** Resolves when more may be written; `sent` is called when the piece left this process. Throws `EndedEarly`. */
  async write(piece: Buffer, sent?: () => void): Promise<void> {
    if (!this.#drain.over && piece.length > 0 && !this.#request.write(piece, sent)) {
      await this.#drain.wait();
    }
    if (this.#drain.over) throw new EndedEarly();
  }

  async end(): Promise<HttpAnswer> {
    this.#request.end();
    return await this.answer;
  }

  /** Cuts the connection: the server never sees a proper end of the body. */
  destroy(): void {
    this.#request.on('error', () => undefined);
    this.#request.destroy();
  }
}
