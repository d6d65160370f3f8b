import { type Bytes, PieceQueue } from './bytes.ts';

/**
 * Passes a stream on, always keeping its last `size` bytes until the source has ended without an error. Sources throw at their
 * end when a digest is wrong, so whoever reads this never gets the last bytes of a stream that is not whole.
 */
export async function* holdBack(source: Bytes, size: number): AsyncGenerator<Buffer> {
  const queue = new PieceQueue();
  for await (const piece of source) {
    queue.push(piece);
    if (queue.length > size) yield* queue.take(queue.length - size);
  }
  yield* queue.take(queue.length);
}
