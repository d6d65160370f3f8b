import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/**
 * Writes chunks at the reader's pace. The first chunk is awaited before the head goes out, so that a refusal is still a
 * proper error; when the source breaks later the connection is cut, never ended cleanly.
 */
export async function sendStream(response: Response, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  response.flushHeaders();
  const rest = async function* () {
    for (let next = first; !next.done; next = await iterator.next()) yield next.value;
  };
  try {
    await pipeline(Readable.from(rest(), { objectMode: true, highWaterMark: 1 }), response);
  } catch (error) {
    if (!isCut(error)) throw error;
  } finally {
    await iterator.return?.();
  }
}

// The reader went away: nobody is left to tell.
const isCut = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ERR_STREAM_PREMATURE_CLOSE' || error.code === 'ABORT_ERR');
