import { type Bytes, PieceQueue } from '../openpgp/bytes.ts';
import { giveBack, lendWhole } from '../openpgp/lent-memory.ts';
import { blockSize, encodeBlockHeader, longestRawBlock, rawBlockStart, storedFrameStart } from './block-format.ts';
import { FrameStream } from './frame-stream.ts';
import { KeptContexts } from './kept-contexts.ts';

/** Blocks that are compressed side by side, or wait for a thread of the pool, before the oldest is waited for. */
const blocksInFlight = 5;
const mostPieces = 64;
const sampleLength = 32 * 1024;
/** Less than this is not worth the time that it takes to compress and to decompress. */
const worthwhile = 0.9;

interface Block {
  readonly pieces: Buffer[];
  length: number;
}

/**
 * Of whole pieces: memory is given back by the piece, and one that two blocks share would be given back while in use. What is
 * cut because it is too long is left to the garbage collector.
 */
async function* blocksOf(source: Bytes): AsyncGenerator<Block> {
  let block: Block = { pieces: [], length: 0 };
  for await (const piece of source) {
    const parts = piece.length <= blockSize ? [piece] : slices(piece);
    for (const part of parts) {
      if (block.length + part.length > blockSize) {
        yield inFewPieces(block);
        block = { pieces: [], length: 0 };
      }
      block.pieces.push(part);
      block.length += part.length;
    }
  }
  if (block.length > 0) yield inFewPieces(block);
}

const slices = (piece: Buffer): Buffer[] =>
  Array.from({ length: Math.ceil(piece.length / blockSize) }, (_, index) =>
    piece.subarray(index * blockSize, (index + 1) * blockSize),
  );

/** Each piece costs a header when it is stored, and one of them is the sample. */
const inFewPieces = (block: Block): Block => {
  if (block.pieces.length <= mostPieces) return block;
  return { pieces: [inOnePiece(block)], length: block.length };
};

const inOnePiece = ({ pieces: [first, ...others], length }: Block): Buffer => {
  if (first && others.length === 0) return first;
  const pieces = first ? [first, ...others] : others;
  const whole = lendWhole(Buffer.concat(pieces, length));
  for (const piece of pieces) giveBack(piece);
  return whole;
};

/** Cuts a piece; its memory goes with the last part. */
const atMost = (piece: Buffer, limit: number): Buffer[] => {
  if (piece.length === 0) return [];
  if (piece.length <= limit) return [piece];
  const queue = new PieceQueue();
  queue.push(piece);
  const parts: Buffer[] = [];
  while (queue.length > 0) parts.push(...queue.take(Math.min(limit, queue.length)));
  return parts;
};

/** As raw blocks, without copying. */
function* storedBlock({ pieces, length }: Block): Generator<Buffer> {
  const cut = pieces.flatMap((piece) => atMost(piece, longestRawBlock));
  const frameLength = 9 + 3 * cut.length + length;
  yield Buffer.concat([encodeBlockHeader({ kind: 'stored', length: frameLength }), storedFrameStart(length)]);
  for (const [index, part] of cut.entries()) {
    yield rawBlockStart(part.length, index === cut.length - 1);
    yield part;
  }
}

/** Decides for each block, so that a tar of photos and texts gets the best of both. */
class BlockPacker {
  #lastWasWorthwhile = true;
  readonly #streams = new KeptContexts(() => new FrameStream());

  pack(block: Block): Promise<Iterable<Buffer>> {
    return this.#streams.use((stream) => this.#packWith(stream, block));
  }

  close(): void {
    this.#streams.close();
  }

  async #packWith(stream: FrameStream, block: Block): Promise<Iterable<Buffer>> {
    if (!this.#lastWasWorthwhile && !(await looksWorthwhile(stream, block))) return storedBlock(block);
    const whole = inOnePiece(block);
    const frame = await stream.compress(whole);
    const length = lengthOf(frame);
    this.#lastWasWorthwhile = length < whole.length * worthwhile;
    if (!this.#lastWasWorthwhile) {
      giveAllBack(frame);
      return storedBlock({ pieces: [whole], length: whole.length });
    }
    giveBack(whole);
    return [encodeBlockHeader({ kind: 'compressed', length }), ...frame];
  }
}

const lengthOf = (pieces: readonly Buffer[]): number => pieces.reduce((sum, piece) => sum + piece.length, 0);

const giveAllBack = (pieces: readonly Buffer[]): void => {
  for (const piece of pieces) giveBack(piece);
};

const looksWorthwhile = async (stream: FrameStream, { pieces }: Block): Promise<boolean> => {
  const sample = pieces[pieces.length >> 1]?.subarray(0, sampleLength);
  if (!sample) return false;
  const frame = await stream.compress(sample);
  giveAllBack(frame);
  return lengthOf(frame) < sample.length * worthwhile;
};

/** A stream as zstd frames, see block-format.ts; an empty one stays empty. Memory does not depend on its length. */
export async function* compressBlocks(source: Bytes): AsyncGenerator<Buffer> {
  const packer = new BlockPacker();
  const flying: Promise<Iterable<Buffer>>[] = [];
  try {
    for await (const block of blocksOf(source)) {
      const packed = packer.pack(block);
      // Awaited below; a rejection before that is not unhandled.
      packed.catch(() => undefined);
      flying.push(packed);
      if (flying.length > blocksInFlight) yield* (await flying.shift()) ?? [];
    }
    for (const packed of flying) yield* await packed;
  } finally {
    packer.close();
  }
}
