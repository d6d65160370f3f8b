import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { type RetryPolicy, withRetries } from '../retries.ts';
import { isMissing, isTransient, S3Error, toS3Error } from './s3-errors.ts';

export interface S3Object {
  readonly key: string;
  readonly bytes: number;
  readonly etag: string;
  readonly modifiedAt: Date;
}

export interface S3Part {
  readonly PartNumber: number;
  readonly ETag: string;
}

/** A multipart upload that has begun. */
export interface S3Multipart {
  readonly key: string;
  readonly uploadId: string;
}

export interface S3RequestsOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly retries: RetryPolicy;
  /** Of a request that carries or copies bytes, and of any other. Milliseconds. */
  readonly transferTimeout: number;
  readonly requestTimeout: number;
}

const text = (value: string | undefined): string => {
  if (value === undefined) {
    throw new S3Error('IncompleteAnswer', 502);
  }
  return value;
};

/**
 * The requests of one bucket, each repeated while that can help. Rejects with an {@link S3Error}. All of them can be
 * repeated after a lost answer, but `complete`, whose caller settles what became of it.
 */
export class S3Requests {
  readonly options: S3RequestsOptions;

  constructor(options: S3RequestsOptions) {
    this.options = options;
  }

  async put(key: string, body: Uint8Array, options: { createOnly?: boolean; once?: boolean } = {}): Promise<void> {
    const input = { Bucket: this.options.bucket, Key: key, Body: body, ContentLength: body.length };
    const command = () => new PutObjectCommand({ ...input, ...(options.createOnly ? { IfNoneMatch: '*' } : {}) });
    const send = () => this.#transfer((abortSignal) => this.options.client.send(command(), { abortSignal }));
    await (options.once ? send() : this.#repeated(send));
  }

  /** Bytes from `from` to `to`, inclusive. Sent once: the reader repeats it, from where it stands. */
  async get(options: { key: string; etag?: string; from: number; to: number; signal: AbortSignal }): Promise<Readable> {
    const { key, etag, from, to, signal } = options;
    const input = { Bucket: this.options.bucket, Key: key, Range: `bytes=${from}-${to}` };
    const command = new GetObjectCommand({ ...input, ...(etag === undefined ? {} : { IfMatch: etag }) });
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), this.options.requestTimeout);
    try {
      const abortSignal = AbortSignal.any([signal, timeout.signal]);
      const { Body } = await this.#once(() => this.options.client.send(command, { abortSignal }));
      if (Body === undefined) {
        throw new S3Error('IncompleteAnswer', 502);
      }
      return Body as Readable;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Undefined: no such key. */
  async head(key: string): Promise<(S3Object & { metadata: Record<string, string> }) | undefined> {
    try {
      const command = () => new HeadObjectCommand({ Bucket: this.options.bucket, Key: key });
      const answer = await this.#request((abortSignal) => this.options.client.send(command(), { abortSignal }));
      return {
        key,
        bytes: answer.ContentLength ?? 0,
        etag: text(answer.ETag),
        modifiedAt: answer.LastModified ?? new Date(0),
        metadata: answer.Metadata ?? {},
      };
    } catch (error) {
      if (isMissing(error) && toS3Error(error).code !== 'NoSuchBucket') {
        return undefined;
      }
      throw error;
    }
  }

  /** Page by page, in the order of the keys. */
  async *list(prefix: string, startAfter?: string): AsyncIterable<S3Object> {
    let token: string | undefined;
    do {
      const input = { Bucket: this.options.bucket, Prefix: prefix, StartAfter: startAfter, ContinuationToken: token };
      const page = await this.#request((abortSignal) =>
        this.options.client.send(new ListObjectsV2Command(input), { abortSignal }),
      );
      for (const { Key, Size = 0, ETag = '', LastModified = new Date(0) } of page.Contents ?? []) {
        yield { key: text(Key), bytes: Size, etag: ETag, modifiedAt: LastModified };
      }
      token = page.IsTruncated ? text(page.NextContinuationToken) : undefined;
    } while (token !== undefined);
  }

  /** Idempotent. */
  async delete(key: string): Promise<void> {
    const command = () => new DeleteObjectCommand({ Bucket: this.options.bucket, Key: key });
    await this.#request((abortSignal) => this.options.client.send(command(), { abortSignal }));
  }

  async begin(key: string, metadata: Record<string, string> = {}): Promise<S3Multipart> {
    const input = { Bucket: this.options.bucket, Key: key, Metadata: metadata };
    const { UploadId } = await this.#request((abortSignal) =>
      this.options.client.send(new CreateMultipartUploadCommand(input), { abortSignal }),
    );
    return { key, uploadId: text(UploadId) };
  }

  async putPart(upload: S3Multipart, number: number, body: Uint8Array): Promise<S3Part> {
    const input = { ...this.#of(upload), PartNumber: number, Body: body, ContentLength: body.length };
    const { ETag } = await this.#repeated(() =>
      this.#transfer((abortSignal) => this.options.client.send(new UploadPartCommand(input), { abortSignal })),
    );
    return { PartNumber: number, ETag: text(ETag) };
  }

  async copyPart(upload: S3Multipart, number: number, source: { key: string; etag: string }): Promise<S3Part> {
    const CopySource = [this.options.bucket, ...source.key.split('/')].map(encodeURIComponent).join('/');
    const input = { ...this.#of(upload), PartNumber: number, CopySource, CopySourceIfMatch: source.etag };
    const { CopyPartResult } = await this.#repeated(() =>
      this.#transfer((abortSignal) => this.options.client.send(new UploadPartCopyCommand(input), { abortSignal })),
    );
    return { PartNumber: number, ETag: text(CopyPartResult?.ETag) };
  }

  /** Sent once. */
  async complete(upload: S3Multipart, parts: readonly S3Part[], options: { createOnly: boolean }): Promise<void> {
    const input = { ...this.#of(upload), MultipartUpload: { Parts: [...parts] } };
    const command = new CompleteMultipartUploadCommand({
      ...input,
      ...(options.createOnly ? { IfNoneMatch: '*' } : {}),
    });
    await this.#transfer((abortSignal) => this.options.client.send(command, { abortSignal }));
  }

  /** Idempotent. One call may not be enough while a part is still arriving. */
  async abort(upload: S3Multipart): Promise<void> {
    try {
      await this.#request((abortSignal) =>
        this.options.client.send(new AbortMultipartUploadCommand(this.#of(upload)), { abortSignal }),
      );
    } catch (error) {
      if (!isMissing(error)) {
        throw error;
      }
    }
  }

  /** Multipart uploads that are neither completed nor aborted. */
  async *listMultiparts(prefix: string): AsyncIterable<S3Multipart & { begunAt: Date }> {
    let markers: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
    while (markers !== undefined) {
      const input = { Bucket: this.options.bucket, Prefix: prefix, ...markers };
      const page: ListMultipartUploadsCommandOutput = await this.#request((abortSignal) =>
        this.options.client.send(new ListMultipartUploadsCommand(input), { abortSignal }),
      );
      for (const { Key, UploadId, Initiated = new Date(0) } of page.Uploads ?? []) {
        yield { key: text(Key), uploadId: text(UploadId), begunAt: Initiated };
      }
      const { NextKeyMarker, NextUploadIdMarker } = page;
      markers = page.IsTruncated
        ? { KeyMarker: text(NextKeyMarker), ...(NextUploadIdMarker ? { UploadIdMarker: NextUploadIdMarker } : {}) }
        : undefined;
    }
  }

  #of({ key, uploadId }: S3Multipart): { Bucket: string; Key: string; UploadId: string } {
    return { Bucket: this.options.bucket, Key: key, UploadId: uploadId };
  }

  async #once<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw toS3Error(error);
    }
  }

  #repeated<T>(send: () => Promise<T>): Promise<T> {
    return withRetries(this.options.retries, isTransient, send);
  }

  #transfer<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#once(() => send(AbortSignal.timeout(this.options.transferTimeout)));
  }

  #request<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#repeated(() => this.#once(() => send(AbortSignal.timeout(this.options.requestTimeout))));
  }
}
