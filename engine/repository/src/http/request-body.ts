import type { IncomingMessage, ServerResponse } from 'node:http';
import { failure } from './reply.ts';

/** The request ended before its body did. */
export class BrokenBodyError extends Error {
  constructor() {
    super('cannot copy stream, error: unexpected EOF');
    this.name = 'BrokenBodyError';
  }
}

/** The body of one request. It can be read once. */
export interface RequestBody {
  /**
   * The bytes as they come, at the reader's pace. Ends only when the request ended as it should: throws BrokenBodyError
   * when the connection breaks, and the reason of `signal` when that aborts. What came before the connection broke is given
   * first, also after an abort: otherwise an upload would never get on over connections that break before it is read.
   */
  chunks(signal?: AbortSignal): AsyncGenerator<Uint8Array>;
  /** All of it, for small bodies. Answers 413 above `maxBytes`, and 408 when it does not come in time. */
  text(maxBytes: number): Promise<string>;
}

const waitForNews = (request: IncomingMessage, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const events = ['readable', 'end', 'error', 'close'] as const;
    const done = (): void => {
      for (const event of events) {
        request.off(event, done);
      }
      signal?.removeEventListener('abort', done);
      resolve();
    };
    for (const event of events) {
      request.once(event, done);
    }
    signal?.addEventListener('abort', done, { once: true });
  });

async function* readChunks(request: IncomingMessage, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  while (!request.readableEnded) {
    const broken = request.destroyed || request.errored !== null;
    if (!broken) {
      signal?.throwIfAborted();
    }
    const chunk: unknown = request.read();
    if (chunk instanceof Uint8Array) {
      yield chunk;
    } else if (broken) {
      signal?.throwIfAborted();
      throw new BrokenBodyError();
    } else if (!request.readableEnded) {
      await waitForNews(request, signal);
    }
  }
  if (!request.complete) {
    throw new BrokenBodyError();
  }
}

const collect = async (chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> => {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > maxBytes) {
      throw failure(413, `the request body is larger than ${maxBytes} bytes`);
    }
    parts.push(chunk);
  }
  return Buffer.concat(parts).toString('utf8');
};

export const createRequestBody = (
  request: IncomingMessage,
  response: ServerResponse,
  options: { expectsContinue: boolean; smallBodyTime: number },
): RequestBody => {
  const chunks = (signal?: AbortSignal): AsyncGenerator<Uint8Array> => {
    if (options.expectsContinue) {
      response.writeContinue();
    }
    return readChunks(request, signal);
  };
  return {
    chunks,
    text: async (maxBytes) => {
      const controller = new AbortController();
      const late = failure(408, 'the request body did not arrive in time');
      const timer = setTimeout(() => controller.abort(late), options.smallBodyTime);
      try {
        return await collect(chunks(controller.signal), maxBytes);
      } finally {
        clearTimeout(timer);
      }
    },
  };
};
