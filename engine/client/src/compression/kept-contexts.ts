interface Closable {
  close(): void;
}

/** Contexts of native code, each for one piece of work at a time: as many as work side by side, kept for the next. */
export class KeptContexts<T extends Closable> {
  readonly #open: () => T;
  readonly #all: T[] = [];
  readonly #idle: T[] = [];

  constructor(open: () => T) {
    this.#open = open;
  }

  /** A context whose work was rejected is not used again. */
  async use<R>(work: (context: T) => Promise<R>): Promise<R> {
    const context = this.#idle.pop() ?? this.#another();
    const result = await work(context);
    this.#idle.push(context);
    return result;
  }

  close(): void {
    for (const context of this.#all) context.close();
  }

  #another(): T {
    const context = this.#open();
    this.#all.push(context);
    return context;
  }
}
