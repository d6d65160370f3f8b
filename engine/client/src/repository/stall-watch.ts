/**
 * Notices a connection on which nothing comes back any more, as when the other machine is gone: the kernel would wait for many
 * minutes. Only time between `begin` and `end` counts, because a silent dump or a slow loader is no fault of the connection.
 */
export class StallWatch {
  readonly #timer: NodeJS.Timeout;
  #waiting = false;

  /** @param stalled may be called again and again */
  constructor(milliseconds: number, stalled: () => void) {
    this.#timer = setTimeout(() => {
      if (this.#waiting) stalled();
    }, milliseconds).unref();
  }

  begin(): void {
    this.#waiting = true;
    this.#timer.refresh();
  }

  end(): void {
    this.#waiting = false;
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
