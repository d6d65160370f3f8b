/** More callers than can be served. The request may be repeated. */
export class BusyError extends Error {
  constructor() {
    super('too many requests at once, try again in a moment');
    this.name = 'BusyError';
  }
}

/** Lets a few callers run at once and a bounded number wait. */
export interface Slots {
  run<T>(work: () => Promise<T>): Promise<T>;
}

export const createSlots = (limits: { running: number; waiting: number }): Slots => {
  let running = 0;
  const waiting: (() => void)[] = [];
  const enter = async (): Promise<void> => {
    if (running < limits.running) {
      running += 1;
      return;
    }
    if (waiting.length >= limits.waiting) {
      throw new BusyError();
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) {
      running -= 1;
    } else {
      next();
    }
  };
  return {
    run: async (work) => {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
};
