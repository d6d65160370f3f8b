import { failure } from './reply.ts';

/** Lets a bounded number of new transfers run, and none once it is closed. Refused ones may come again. */
export interface TransferGate {
  run<T>(work: () => Promise<T>): Promise<T>;
  close(): void;
  readonly running: () => number;
}

export const createTransferGate = (maxRunning: number): TransferGate => {
  let running = 0;
  let closed = false;
  return {
    run: async (work) => {
      if (closed || running >= maxRunning) {
        const text = closed ? 'the server is stopping' : 'too many uploads at once, try again in a moment';
        throw failure(503, text, { headers: { 'retry-after': '5' } });
      }
      running += 1;
      try {
        return await work();
      } finally {
        running -= 1;
      }
    },
    running: () => running,
    close: () => {
      closed = true;
    },
  };
};
