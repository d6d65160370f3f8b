import { createHash, type Hash } from 'node:crypto';
import type { BlobStore, StagedWriter } from '../blobs/blob-store.ts';
import { releaseChunk } from '../blobs/release-chunk.ts';
import { OpenPgpInspector } from './openpgp-inspector.ts';
import { OffsetError, tooLarge, UploadError } from './upload-errors.ts';
import type { Turn } from './upload-turns.ts';

/** What is known of the staged bytes, without reading them again. */
class Progress {
  readonly hash: Hash = createHash('sha256');
  readonly inspector = new OpenPgpInspector();
  bytes = 0;

  push(chunk: Uint8Array): void {
    this.hash.update(chunk);
    this.inspector.push(chunk);
    this.bytes += chunk.length;
  }
}

interface Copying {
  readonly writer: StagedWriter;
  readonly progress: Progress;
  readonly turn: Turn | undefined;
  readonly signal: AbortSignal;
}

export interface StagedSummary {
  readonly bytes: number;
  readonly sha256: string;
  /** What makes it no OpenPGP message. */
  readonly problem: string | undefined;
}

/** The staged bytes of one upload in this process: digest and inspection run along with the writing. */
export class Staging {
  readonly #blobs: BlobStore;
  readonly #id: string;
  readonly #maxBytes: number;
  #progress: Progress | undefined;
  #rereading: Promise<Progress> | undefined;
  #cancel: AbortController | undefined;
  #writer: StagedWriter | undefined;
  #lastTurn: number | undefined;

  constructor(blobs: BlobStore, upload: { id: string; maxBytes: number }) {
    this.#blobs = blobs;
    this.#id = upload.id;
    this.#maxBytes = upload.maxBytes;
  }

  /** Bytes received so far. */
  get bytes(): number {
    return this.#progress?.bytes ?? 0;
  }

  /** How many bytes are there even if this process dies now. */
  async stored(): Promise<number> {
    const writer = this.#writer;
    if (writer !== undefined) {
      // What went wrong is told to whoever writes.
      await writer.flush().catch(() => undefined);
      return writer.stored;
    }
    const content = await this.#blobs.readStaged(this.#id);
    await content?.close();
    return content?.bytes ?? 0;
  }

  /** Call it with every turn. When other servers had turns in between, what this one knows of the bytes is void. */
  follow({ number }: Turn): void {
    if (number === undefined) {
      return;
    }
    if (this.#lastTurn !== number - 1) {
      this.#progress = undefined;
    }
    this.#lastTurn = number;
  }

  get receiving(): boolean {
    return this.#cancel !== undefined;
  }

  /** Ends a connection that is still delivering: what it delivered stays. */
  cancel(): void {
    this.#cancel?.abort(new UploadError('cancelled', 'another connection continues this upload'));
  }

  /**
   * Appends everything that `source` gives. When it breaks, what arrived stays, and the rejection passes on why. `source`
   * must not wait for more once the signal aborts; what it still gives then is not taken.
   */
  async append(
    source: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
    { offset, turn }: { offset?: number | undefined; turn?: Turn } = {},
  ): Promise<void> {
    const { progress, writer } = await this.#open(offset, turn?.number);
    const cancel = new AbortController();
    const { signal } = cancel;
    this.#cancel = cancel;
    this.#writer = writer;
    try {
      await this.#copy(source(signal), { writer, progress, turn, signal });
    } finally {
      this.#cancel = undefined;
      await this.#finish(writer, progress).finally(() => {
        this.#writer = undefined;
      });
    }
  }

  async summary(): Promise<StagedSummary> {
    const progress = await this.#upToDate();
    return {
      bytes: progress.bytes,
      sha256: progress.hash.copy().digest('hex'),
      problem: progress.inspector.verdict(),
    };
  }

  async #copy(source: AsyncIterable<Uint8Array>, { writer, progress, turn, signal }: Copying): Promise<void> {
    for await (const chunk of source) {
      turn?.assert();
      // Whoever continues counts on the offset that was told.
      signal.throwIfAborted();
      if (progress.bytes + chunk.length > this.#maxBytes) {
        throw tooLarge(progress.bytes + chunk.length, this.#maxBytes);
      }
      progress.push(chunk);
      const { hopeless } = progress.inspector;
      if (hopeless !== undefined) {
        throw new UploadError('not-a-message', hopeless);
      }
      await writer.write(chunk);
      releaseChunk(chunk);
    }
  }

  async #finish(writer: StagedWriter, progress: Progress): Promise<void> {
    try {
      await writer.close();
    } finally {
      if (writer.length !== progress.bytes) {
        // The digest ran ahead of what is stored: only the bytes themselves can tell the truth now.
        this.#progress = undefined;
      }
    }
  }

  async #open(
    offset: number | undefined,
    generation: number | undefined,
  ): Promise<{ progress: Progress; writer: StagedWriter }> {
    const progress = await this.#upToDate();
    if (offset !== undefined && offset !== progress.bytes) {
      throw new OffsetError(progress.bytes);
    }
    const writer = await this.#blobs.stage(this.#id, generation === undefined ? {} : { generation });
    if (writer.length !== progress.bytes) {
      await writer.close();
      this.#progress = undefined;
      throw new OffsetError(writer.length);
    }
    return { progress, writer };
  }

  /** Another server may have received bytes of this upload since this one did. */
  async #upToDate(): Promise<Progress> {
    const progress = await this.#current();
    if (this.receiving) {
      return progress;
    }
    const content = await this.#blobs.readStaged(this.#id);
    await content?.close();
    if (this.#progress === progress && !this.receiving && (content?.bytes ?? 0) !== progress.bytes) {
      this.#progress = undefined;
    }
    return await this.#current();
  }

  /** Read once, however many ask at the same time: two counts of the same bytes would drift apart. */
  async #current(): Promise<Progress> {
    if (this.#progress !== undefined) {
      return this.#progress;
    }
    this.#rereading ??= this.#reread().finally(() => {
      this.#rereading = undefined;
    });
    const progress = await this.#rereading;
    this.#progress ??= progress;
    return this.#progress;
  }

  async #reread(): Promise<Progress> {
    const progress = new Progress();
    const content = await this.#blobs.readStaged(this.#id);
    for await (const chunk of content?.stream() ?? []) {
      progress.push(chunk);
    }
    return progress;
  }
}
