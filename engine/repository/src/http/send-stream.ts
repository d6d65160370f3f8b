import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { releaseChunk } from '../blobs/release-chunk.ts';

class PrematureCloseError extends Error {
  constructor() {
    super('the connection was closed before the answer was complete');
    this.name = 'PrematureCloseError';
  }
}

/** Waits for work on a response, and no longer than it is open. */
class OpenResponse {
  readonly #response: ServerResponse;
  readonly #onClosed: (error: Error) => void;
  #fail: ((error: Error) => void) | undefined;
  readonly #closed = (): void => {
    if (!this.#response.writableFinished) {
      const error = new PrematureCloseError();
      this.#fail?.(error);
      this.#onClosed(error);
    }
  };

  constructor(response: ServerResponse, onClosed: (error: Error) => void) {
    this.#response = response;
    this.#onClosed = onClosed;
    response.once('close', this.#closed);
  }

  // Not by Promise.race with one promise for all: each race leaves something behind in it until the response is over.
  wait<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      work.then(resolve, reject);
      if (this.#response.destroyed) {
        this.#closed();
      }
    });
  }

  /** Resolves when the operating system has the bytes. */
  write(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#response.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  }

  async end(): Promise<void> {
    const finished = new Promise<void>((resolve) => this.#response.once('finish', resolve));
    this.#response.end();
    await this.wait(finished);
  }

  [Symbol.dispose](): void {
    this.#response.off('close', this.#closed);
  }
}

/**
 * Sends a whole stream at the pace of the client. Two pieces are on their way at a time, so that the socket always has work,
 * and their memory is given back when they went. Rejects when the stream fails or the connection closes before the end; the
 * stream is destroyed then, and the connection is the caller's to cut.
 */
export const sendStream = async (stream: Readable, response: ServerResponse): Promise<void> => {
  using open = new OpenResponse(response, (error) => stream.destroy(error));
  let last: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      const before = last;
      last = open.write(chunk).then(() => releaseChunk(chunk));
      last.catch(() => undefined);
      await open.wait(before);
    }
    await open.wait(last);
    await open.end();
  } finally {
    stream.destroy();
  }
};
