import { Transform } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

/** One connection through a proxy, as a toxic may end it. */
export interface Wire {
  /** Both sides see an end of it. */
  close(): void;
  /** Both sides get an RST. */
  reset(): void;
  /** Neither side hears of the other any more, not even of its end: a machine or a cable is gone. */
  silence(): void;
  /** Notes that from now on a direction passes nothing, until the client ends the connection. */
  stall(): void;
}

/** What bytes of one direction of a connection go through. */
export type Toxic = (wire: Wire) => Transform;

type Push = (piece: Buffer) => void;

/** Takes the time that `work` takes for a piece before the next one is read. */
const slowly =
  (work: (chunk: Buffer, push: Push) => Promise<void>): Toxic =>
  () =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        work(chunk, (piece) => void this.push(piece)).then(() => done(), done);
      },
    });

/** Every piece comes later, and none before an earlier one. */
export const latency =
  (milliseconds: () => number): Toxic =>
  () => {
    let last: Promise<unknown> = Promise.resolve();
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        last = Promise.all([last, delay(milliseconds())]).then(() => this.push(chunk));
        done();
      },
      flush(done) {
        last.then(() => done(), done);
      },
    });
  };

export const bandwidth = (bytesPerSecond: number): Toxic =>
  slowly(async (chunk, push) => {
    await delay((chunk.length / bytesPerSecond) * 1000);
    push(chunk);
  });

/** Small pieces, with a pause after each. */
export const slicer = (bytes: () => number, milliseconds: number): Toxic =>
  slowly(async (chunk, push) => {
    for (let from = 0, to: number; from < chunk.length; from = to) {
      to = from + Math.max(1, bytes());
      push(chunk.subarray(from, to));
      await delay(milliseconds);
    }
  });

/** The end of one side is told to the other later. */
export const slowClose =
  (milliseconds: number): Toxic =>
  () =>
    new Transform({
      transform: (chunk: Buffer, _encoding, done) => done(null, chunk),
      flush: (done) => void setTimeout(done, milliseconds),
    });

/** So many bytes pass and no more; then something happens once. */
const only =
  (bytes: number, then: (wire: Wire) => void): Toxic =>
  (wire) => {
    let left = bytes;
    let over = false;
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        const passed = chunk.subarray(0, left);
        left -= passed.length;
        if (passed.length > 0) this.push(passed);
        // What has passed is given the time to leave.
        if (left <= 0 && !over) setImmediate(then, wire);
        over = left <= 0;
        done();
      },
      // What follows is lost, and so is the end of it.
      flush: (done) => {
        if (!over) done();
      },
    });
  };

export const limitData = (bytes: number): Toxic => only(bytes, (wire) => wire.close());
export const resetPeer = (bytes: number): Toxic => only(bytes, (wire) => wire.reset());
/** What comes after so many bytes is lost, on a connection that stays open. */
export const timeout = (bytes: number): Toxic => only(bytes, (wire) => wire.stall());
export const nodeCut = (bytes: number): Toxic => only(bytes, (wire) => wire.silence());

/** After so many bytes nothing passes for a while; then it goes on. */
export const pause =
  (bytes: number, milliseconds: number): Toxic =>
  (wire) => {
    let left = bytes;
    const work = async (chunk: Buffer, push: Push): Promise<void> => {
      const now = left >= 0 && left < chunk.length;
      const before = now ? left : 0;
      left -= chunk.length;
      push(chunk.subarray(0, before));
      if (now) await delay(milliseconds);
      push(chunk.subarray(before));
    };
    return slowly(work)(wire);
  };

export const changed = (change: (chunk: Buffer) => Buffer): Toxic => slowly(async (chunk, push) => push(change(chunk)));
