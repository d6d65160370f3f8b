/**
 * Large pieces pass through at hundreds of megabytes a second. Left to the garbage collector, they would make it run all the time
 * and the process grow; so whoever has used a piece up gives its memory back at once. Not giving back is never wrong.
 */
const releases = new WeakMap<Buffer, () => void>();

/** Marks a piece: nobody but the consumer of this very view uses its memory from now on. */
export const lend = (piece: Buffer, release: () => void): Buffer => {
  releases.set(piece, release);
  return piece;
};

/** Older versions of Node leave it to the garbage collector. */
const canRelease = 'transfer' in ArrayBuffer.prototype;

/** Marks a piece that fills memory of its own. */
export const lendWhole = (piece: Buffer): Buffer => {
  const { buffer } = piece;
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== piece.length) return piece;
  return canRelease ? lend(piece, () => buffer.transfer(0)) : piece;
};

/** The piece was used up. */
export const giveBack = (piece: Buffer): void => {
  const release = releases.get(piece);
  releases.delete(piece);
  release?.();
};

/** `rest` is what is still in use of `piece`, up to its end. */
export const passOn = (piece: Buffer, rest: Buffer): Buffer => {
  const release = releases.get(piece);
  if (!release || rest === piece) return rest;
  releases.delete(piece);
  return lend(rest, release);
};
