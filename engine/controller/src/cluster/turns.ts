/** Work on one thing is done one after the other, on several things at once. */
export type InTurn = <T>(thing: string, work: () => Promise<T>) => Promise<T>;

export const createTurns = (): InTurn => {
  const last = new Map<string, Promise<unknown>>();
  return async (thing, work) => {
    const before = last.get(thing) ?? Promise.resolve();
    // Whose work has failed has told its own caller.
    const mine = before.then(work, work);
    last.set(thing, mine);
    try {
      return await mine;
    } finally {
      if (last.get(thing) === mine) {
        last.delete(thing);
      }
    }
  };
};
