import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { releaseChunk } from '../blobs/release-chunk.ts';

class PrematureCloseError extends Error {
  constructor() {
    super('the connection was closed before the answer was complete');
    this.name = 'PrematureCloseError';
  }
}

/** Resolves when the operating system has the bytes. */
const write = (response: ServerResponse, chunk: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    response.write(chunk, (error) => (error ? reject(error) : resolve()));
  });

/**
 * Sends a whole stream at the pace of the client. Two pieces are on their way at a time, so that the socket always has work,
 * and their memory is given back when they went. Rejects when the stream fails or the connection closes before the end; the
 * stream is destroyed then, and the connection is the caller's to cut.
 */
export const sendStream = async (stream: Readable, response: ServerResponse): Promise<void> => {
  const ended = new AbortController();
  const closed = once(response, 'close', { signal: ended.signal }).then(() => {
    throw new PrematureCloseError();
  });
  closed.catch(() => undefined);
  let last: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      const before = last;
      last = write(response, chunk).then(() => releaseChunk(chunk));
      last.catch(() => undefined);
      await Promise.race([before, closed]);
    }
    await Promise.race([last, closed]);
    const finished = once(response, 'finish', { signal: ended.signal });
    response.end();
    await Promise.race([finished, closed]);
  } finally {
    ended.abort();
    stream.destroy();
  }
};
