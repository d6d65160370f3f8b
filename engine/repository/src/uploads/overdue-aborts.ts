import type { Logger } from 'pino';
import type { Upload } from '../metadata/uploads.ts';
import { UploadError } from './upload-errors.ts';

const retryMilliseconds = 1000;

interface Overdue {
  readonly upload: Upload;
  readonly reason: string;
}

/**
 * Uploads that are given up, which the database could not note yet: tried again every second until it can, so that their
 * room is free as soon as the database has room itself. A server that dies first leaves them to the sweep.
 */
export class OverdueAborts {
  readonly #abort: (overdue: Overdue) => Promise<void>;
  readonly #logger: Logger;
  readonly #waiting = new Map<string, Overdue>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** `abort` may be repeated. It rejects when it has to be. */
  constructor(abort: (overdue: Overdue) => Promise<void>, logger: Logger) {
    this.#abort = abort;
    this.#logger = logger;
  }

  add(upload: Upload, reason: string): void {
    this.#waiting.set(upload.id, { upload, reason });
    this.#later();
  }

  /** Throws for an upload that is given up: it takes no bytes and becomes no version any more. */
  refuse(id: string): void {
    const overdue = this.#waiting.get(id);
    if (overdue !== undefined) {
      throw new UploadError('closed', `the upload was aborted: ${overdue.reason}`);
    }
  }

  /** Tries all of them now. What still cannot be noted waits on. */
  async settle(): Promise<void> {
    for (const [id, overdue] of this.#waiting) {
      try {
        await this.#abort(overdue);
        this.#waiting.delete(id);
      } catch (error) {
        this.#logger.debug({ err: error, upload: id }, 'an abort still cannot be noted');
      }
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #later(): void {
    if (this.#timer !== undefined || this.#stopped) {
      return;
    }
    this.#timer = setTimeout(() => {
      void this.settle().finally(() => {
        this.#timer = undefined;
        if (this.#waiting.size > 0) {
          this.#later();
        }
      });
    }, retryMilliseconds);
    this.#timer.unref();
  }
}
