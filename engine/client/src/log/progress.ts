import { jobMessages } from '@backstay/shared/rules/job-log';
import type { Bytes } from '../openpgp/bytes.ts';
import type { Logger } from './logger.ts';

const interval = 5000;

export interface ProgressOptions {
  /** Milliseconds. */
  readonly now?: () => number;
  /** How much of the stored bytes came so far, from 0 to 1. */
  readonly share?: () => number | undefined;
}

/** Counts plain bytes, and logs how many there were and how fast they went, every five seconds and at the end. */
export class Progress {
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #share: ProgressOptions['share'];
  readonly #started: number;
  #logged: number;
  #loggedBytes = 0;
  bytes = 0;

  constructor(logger: Logger, { now = () => performance.now(), share }: ProgressOptions = {}) {
    this.#logger = logger;
    this.#now = now;
    this.#share = share;
    this.#started = now();
    this.#logged = this.#started;
  }

  async *count(source: Bytes): AsyncGenerator<Buffer> {
    const timer = setInterval(() => this.#log(), interval);
    try {
      for await (const piece of source) {
        this.bytes += piece.length;
        yield piece;
      }
    } finally {
      clearInterval(timer);
    }
  }

  /** The last line: the rate is the one of the whole run. */
  finish(): void {
    this.#logged = this.#started;
    this.#loggedBytes = 0;
    this.#log();
  }

  /** Nobody knows before the end how long compressed data will be: it goes on as it went so far. */
  #total(): number | undefined {
    const share = this.#share?.();
    return share ? Math.round(this.bytes / Math.min(1, share)) : undefined;
  }

  #log(): void {
    const now = this.#now();
    const seconds = Math.max(0.001, (now - this.#logged) / 1000);
    const rate = Math.round((this.bytes - this.#loggedBytes) / seconds);
    this.#logger.info(jobMessages.progress, { bytes: this.bytes, rate, total: this.#total() });
    this.#logged = now;
    this.#loggedBytes = this.bytes;
  }
}
