import { buffer as readWhole } from 'node:stream/consumers';
import type { StagedWriter } from '../blob-store.ts';
import type { BufferPool } from '../buffer-pool.ts';
import { toStorageError } from './s3-errors.ts';
import type { S3Requests } from './s3-requests.ts';
import { S3SegmentUpload } from './s3-segment-upload.ts';
import { chainBytes, partBytes, type Segment, segmentName, segmentTarget } from './s3-segments.ts';

const maxBuffers = 4;

export interface S3WriterOptions {
  readonly requests: S3Requests;
  readonly pool: BufferPool;
  /** Where the segments of this upload lie; ends with a slash. */
  readonly folder: string;
  readonly chain: readonly Segment[];
  readonly generation: number;
  /** Default: {@link segmentTarget}. */
  readonly targetOf?: ((start: number) => number) | undefined;
}

/**
 * Cuts what comes into parts, and sends up to four of them side by side: small segments as one object each, larger ones as
 * multipart uploads. Holds one buffer for itself, and more only while the pool has some to spare. A last segment that is too
 * short to be copied as a part later is taken up again and replaced.
 */
export class S3StagedWriter implements StagedWriter {
  readonly #options: S3WriterOptions;
  readonly #targetOf: (start: number) => number;
  /** Of bytes handed to S3, stored or on their way. */
  #sent: number;
  /** Stored before this writer came. */
  readonly #before: number;
  #filling: Buffer | undefined;
  #filled = 0;
  readonly #spare: Buffer[] = [];
  #buffers = 1;
  #segment: S3SegmentUpload | undefined;
  /** The last segment of the chain, until a longer one of the same start takes its place. */
  #tail: Segment | undefined;
  readonly #running = new Set<Promise<void>>();
  /** Starts of segments that are not stored yet. */
  readonly #pending = new Set<number>();
  #failure: unknown;
  #closing: Promise<void> | undefined;
  #closed = false;

  private constructor(options: S3WriterOptions, buffer: Buffer) {
    this.#options = options;
    this.#targetOf = options.targetOf ?? segmentTarget;
    this.#filling = buffer;
    this.#before = chainBytes(options.chain);
    const last = options.chain.at(-1);
    const isShort = last !== undefined && last.bytes < Math.max(partBytes, this.#targetOf(last.start));
    this.#tail = isShort ? last : undefined;
    this.#sent = this.#tail?.start ?? this.#before;
  }

  /** Rejects with `busy` when there is no memory for it. */
  static async open(options: S3WriterOptions): Promise<S3StagedWriter> {
    const writer = new S3StagedWriter(options, await options.pool.take());
    try {
      await writer.#takeUpTail();
      return writer;
    } catch (error) {
      writer.#giveBuffers();
      throw toStorageError(error);
    }
  }

  get length(): number {
    return this.#closed ? this.stored : this.#sent + this.#filled;
  }

  get stored(): number {
    return Math.max(this.#before, Math.min(this.#sent, ...this.#pending));
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      this.#rethrow();
      this.#filling ??= await this.#nextBuffer();
      const part = chunk.subarray(at, at + this.#filling.length - this.#filled);
      this.#filling.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === this.#filling.length) {
        this.#flush();
      }
    }
  }

  /** What is shorter than a part could not be copied later, unless it is the end. */
  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #takeUpTail(): Promise<void> {
    const tail = this.#tail;
    if (tail === undefined) {
      return;
    }
    if (tail.bytes >= partBytes) {
      this.#segment = this.#newSegment(tail);
      this.#sent = tail.start + tail.bytes;
      return;
    }
    const { signal } = new AbortController();
    const { requests } = this.#options;
    const body = await requests.get({ key: tail.key, etag: tail.etag, from: 0, to: tail.bytes - 1, signal });
    this.#filling?.set(await readWhole(body));
    this.#filled = tail.bytes;
  }

  async #finish(): Promise<void> {
    const anythingNew = this.#filled > 0 && this.#sent + this.#filled > this.#before;
    if (this.#failure === undefined && anythingNew) {
      this.#flush();
    }
    this.#filled = 0;
    await this.#endSegment();
    await Promise.all(this.#running);
    this.#closed = true;
    this.#giveBuffers();
    this.#rethrow();
  }

  /** Ends the segment in the making: as an object when it has new bytes, otherwise without a trace. */
  async #endSegment(): Promise<void> {
    const segment = this.#segment;
    if (segment === undefined) {
      return;
    }
    this.#segment = undefined;
    await Promise.all(this.#running);
    if (this.#failure === undefined && this.#sent > this.#before) {
      this.#complete(segment);
    } else {
      this.#pending.delete(segment.start);
      await segment.abort().catch(() => undefined);
    }
  }

  #flush(): void {
    const buffer = this.#filling;
    const body = buffer?.subarray(0, this.#filled);
    if (buffer === undefined || body === undefined) {
      return;
    }
    const start = this.#sent;
    this.#filling = undefined;
    this.#filled = 0;
    this.#sent += body.length;
    this.#run(() => this.#send(start, body), buffer);
  }

  #send(start: number, body: Buffer): Promise<void> {
    if (this.#segment === undefined && (body.length < partBytes || this.#targetOf(start) <= partBytes)) {
      return this.#sendWhole(start, body);
    }
    const segment = this.#segment ?? this.#newSegment(start);
    this.#segment = segment;
    const put = segment.put(body);
    if (segment.bytes >= this.#targetOf(segment.start)) {
      this.#segment = undefined;
      this.#complete(segment);
    }
    return put;
  }

  async #sendWhole(start: number, body: Buffer): Promise<void> {
    this.#pending.add(start);
    await this.#options.requests.put(this.#keyOf(start), body);
    await this.#isStored(start);
  }

  #newSegment(from: number | Segment): S3SegmentUpload {
    const tail = typeof from === 'number' ? undefined : from;
    const start = typeof from === 'number' ? from : from.start;
    this.#pending.add(start);
    const place = { start, key: this.#keyOf(start) };
    return new S3SegmentUpload(this.#options.requests, tail === undefined ? place : { ...place, tail });
  }

  #complete(segment: S3SegmentUpload): void {
    this.#run(async () => {
      try {
        await segment.complete();
      } catch (error) {
        await segment.abort().catch(() => undefined);
        throw error;
      }
      await this.#isStored(segment.start);
    });
  }

  async #isStored(start: number): Promise<void> {
    this.#pending.delete(start);
    if (this.#tail?.start === start) {
      const { key } = this.#tail;
      this.#tail = undefined;
      // Whatever stays is passed over: the longer one has the higher generation.
      await this.#options.requests.delete(key).catch(() => undefined);
    }
  }

  #run(work: () => Promise<void>, buffer?: Buffer): void {
    const running = work()
      .catch((error: unknown) => {
        this.#failure ??= toStorageError(error);
      })
      .finally(() => {
        this.#running.delete(running);
        if (buffer !== undefined) {
          this.#spare.push(buffer);
        }
      });
    this.#running.add(running);
  }

  async #nextBuffer(): Promise<Buffer> {
    for (;;) {
      this.#rethrow();
      const spare = this.#spare.pop();
      if (spare !== undefined) {
        return spare;
      }
      const more = this.#buffers < maxBuffers ? this.#options.pool.tryTake() : undefined;
      if (more !== undefined) {
        this.#buffers += 1;
        return more;
      }
      await Promise.race(this.#running);
    }
  }

  #giveBuffers(): void {
    const own = [...this.#spare.splice(0), ...(this.#filling === undefined ? [] : [this.#filling])];
    this.#filling = undefined;
    for (const buffer of own) {
      this.#options.pool.give(buffer);
    }
  }

  #keyOf(start: number): string {
    return `${this.#options.folder}${segmentName(start, this.#options.generation)}`;
  }

  #rethrow(): void {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
  }
}
