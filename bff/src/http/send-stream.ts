import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Response } from 'express';

const refusalMilliseconds = 250;

/**
 * Writes chunks at the reader's pace. The head waits a moment for the first chunk, so that a refusal is still a proper
 * error; when the source breaks later the connection is cut, never ended cleanly.
 */
export async function sendStream(response: Response, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = iterator.next();
  // It is awaited below, or nobody is there any more to be told.
  first.catch(() => undefined);
  await Promise.race([first, delay(refusalMilliseconds)]);
  response.flushHeaders();
  const rest = async function* () {
    for (let next = await first; !next.done; next = await iterator.next()) yield next.value;
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
