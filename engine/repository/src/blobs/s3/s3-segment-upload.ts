import { toS3Error } from './s3-errors.ts';
import { abortMultipart, completeMultipart } from './s3-multiparts.ts';
import type { S3Multipart, S3Part, S3Requests } from './s3-requests.ts';
import type { Segment } from './s3-segments.ts';

/** One large segment in the making, part by part. Its parts may be sent side by side. */
export class S3SegmentUpload {
  readonly start: number;
  readonly key: string;
  /** Bytes of all parts so far, sent or on their way. */
  bytes = 0;
  readonly #requests: S3Requests;
  readonly #begun: Promise<S3Multipart>;
  readonly #parts: Promise<S3Part>[] = [];

  /** With `tail`, a shorter segment of the same start is its first part. */
  constructor(requests: S3Requests, place: { start: number; key: string; tail?: Segment }) {
    this.start = place.start;
    this.key = place.key;
    this.#requests = requests;
    this.#begun = requests.begin(place.key);
    this.#begun.catch(() => undefined);
    if (place.tail !== undefined) {
      const { tail } = place;
      this.bytes = tail.bytes;
      void this.#add((upload, number) => requests.copyPart(upload, number, tail));
    }
  }

  /** Resolves when S3 has it; the memory is the caller's again then. */
  async put(body: Uint8Array): Promise<void> {
    this.bytes += body.length;
    await this.#add((upload, number) => this.#requests.putPart(upload, number, body));
  }

  /** Waits for all parts and makes them one object. Call it once, after the last part. */
  async complete(): Promise<void> {
    const upload = await this.#begun;
    const parts = await Promise.all(this.#parts);
    const isMade = async (): Promise<boolean> => (await this.#requests.head(this.key))?.bytes === this.bytes;
    const completion = await completeMultipart(this.#requests, { upload, parts }, { createOnly: false, isMade });
    if (completion !== 'done') {
      throw toS3Error({ code: 'OperationAborted', $metadata: { httpStatusCode: 409 } });
    }
  }

  async abort(): Promise<void> {
    await Promise.allSettled(this.#parts);
    await abortMultipart(this.#requests, await this.#begun);
  }

  #add(send: (upload: S3Multipart, number: number) => Promise<S3Part>): Promise<S3Part> {
    const number = this.#parts.length + 1;
    const part = this.#begun.then((upload) => send(upload, number));
    part.catch(() => undefined);
    this.#parts.push(part);
    return part;
  }
}
