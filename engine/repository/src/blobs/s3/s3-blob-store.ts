import { randomUUID } from 'node:crypto';
import { buffer as readWhole } from 'node:stream/consumers';
import { checkStagingId, segmentsOfKey, splitKey } from '../blob-keys.ts';
import { type BlobContent, type BlobEntry, type BlobStore, StorageError } from '../blob-store.ts';
import type { BufferPool } from '../buffer-pool.ts';
import { retryDelay } from '../retries.ts';
import { S3ContentStream, stretchesOf } from './s3-content.ts';
import { guardedS3, toS3Error } from './s3-errors.ts';
import { abortMultipart, type Completion, completeMultipart } from './s3-multiparts.ts';
import type { S3Object, S3Part, S3Requests } from './s3-requests.ts';
import { chainOf, parseSegmentName, type Segment } from './s3-segments.ts';
import { S3StagedWriter } from './s3-staged-writer.ts';

const stagingFolder = '.staging/';
/** Sorts behind everything in the staging folder and before every collection. */
const behindStaging = '.staging0';
const sideBySide = 4;
const conflictRounds = 5;
/** Says which upload an object was made of: tells a repeated publishing from a foreign file. */
const stagingMark = 'backstay-staging';

export interface S3BlobStoreOptions {
  readonly requests: S3Requests;
  readonly pool: BufferPool;
  /** Stands before every key. */
  readonly prefix: string;
  readonly targetOf?: (start: number) => number;
}

/** Runs so many at once. After a failure no other begins, and it rejects when none runs any more. */
const inGroups = async <T, R>(items: readonly T[], size: number, work: (item: T, index: number) => Promise<R>) => {
  const results: R[] = [];
  const left = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of left) {
      results[index] = await work(item, index);
    }
  };
  const workers = Array.from({ length: Math.min(size, items.length) }, worker);
  const outcomes = await Promise.allSettled(workers);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) {
    throw failed.reason;
  }
  return results;
};

/**
 * Keeps blobs in one bucket. What is staged lies there as segments, so that every server can go on with it; publishing
 * copies them, inside S3, into one object that is never written over.
 */
export class S3BlobStore implements BlobStore {
  /** For whoever must look below what a blob store shows. */
  readonly requests: S3Requests;
  readonly #options: S3BlobStoreOptions;
  #createsOnly = false;

  constructor(options: S3BlobStoreOptions) {
    this.#options = options;
    this.requests = options.requests;
  }

  async stage(id: string, options: { generation?: number } = {}): Promise<S3StagedWriter> {
    const folder = this.#folder(id);
    return await guardedS3(async () => {
      const segments = await this.#segments(folder);
      const highest = segments.reduce((max, { generation }) => Math.max(max, generation), 0);
      const { requests, pool, targetOf } = this.#options;
      const generation = Math.max(options.generation ?? 0, highest + 1);
      return await S3StagedWriter.open({ requests, pool, folder, chain: chainOf(segments), generation, targetOf });
    });
  }

  async readStaged(id: string): Promise<BlobContent | undefined> {
    const folder = this.#folder(id);
    const chain = await guardedS3(async () => chainOf(await this.#segments(folder)));
    return chain.length === 0 ? undefined : this.#content(chain);
  }

  async discardStaged(id: string): Promise<void> {
    const folder = this.#folder(id);
    await guardedS3(async () => {
      for await (const upload of this.requests.listMultiparts(folder)) {
        await abortMultipart(this.requests, upload);
      }
      const keys: string[] = [];
      for await (const { key } of this.requests.list(folder)) {
        keys.push(key);
      }
      await inGroups(keys, sideBySide, (key) => this.requests.delete(key));
    });
  }

  async listStaged(): Promise<{ id: string; modifiedAt: Date }[]> {
    const root = `${this.#options.prefix}${stagingFolder}`;
    const found = new Map<string, Date>();
    const note = (key: string, at: Date): void => {
      const [id = ''] = key.slice(root.length).split('/');
      const known = found.get(id);
      if (id !== '' && (known === undefined || known < at)) {
        found.set(id, at);
      }
    };
    return await guardedS3(async () => {
      for await (const { key, modifiedAt } of this.requests.list(root)) {
        note(key, modifiedAt);
      }
      for await (const { key, begunAt } of this.requests.listMultiparts(root)) {
        note(key, begunAt);
      }
      return [...found].map(([id, modifiedAt]) => ({ id, modifiedAt }));
    });
  }

  async publish(id: string, key: string): Promise<void> {
    const target = `${this.#options.prefix}${splitKey(key).join('/')}`;
    const folder = this.#folder(id);
    await guardedS3(async () => {
      const chain = chainOf(await this.#segments(folder));
      if (chain.length === 0) {
        throw new StorageError('failed', 'nothing of that name is staged');
      }
      if (await this.#isPublished(id, target, chain)) {
        return;
      }
      for (let round = 0; ; round += 1) {
        const outcome = await this.#copy(id, target, chain);
        if (outcome === 'done' || (await this.#isPublished(id, target, chain))) {
          return;
        }
        if (round + 1 >= conflictRounds) {
          throw new StorageError('failed', 'the S3 storage found other writers of this key again and again');
        }
        await this.requests.options.retries.sleep(retryDelay(this.requests.options.retries, round));
      }
    });
  }

  async open(key: string): Promise<BlobContent | undefined> {
    const found = await this.#head(key);
    return found === undefined ? undefined : this.#content([found]);
  }

  async size(key: string): Promise<number | undefined> {
    return (await this.#head(key))?.bytes;
  }

  async delete(key: string): Promise<void> {
    const target = this.#key(key);
    await guardedS3(() => this.requests.delete(target));
  }

  async *list(): AsyncIterable<BlobEntry> {
    const { prefix } = this.#options;
    const objects = this.requests.list(prefix, `${prefix}${behindStaging}`)[Symbol.asyncIterator]();
    for (;;) {
      const { value, done } = await guardedS3(() => objects.next());
      if (done) {
        return;
      }
      const { key, bytes, modifiedAt } = value;
      const name = key.slice(prefix.length);
      if (name.includes('/') && !name.includes('__0x')) {
        yield { key: name, bytes, modifiedAt };
      }
    }
  }

  async check(): Promise<void> {
    const key = `${this.#options.prefix}.health-${randomUUID()}`;
    const text = Buffer.from(randomUUID());
    await guardedS3(async () => {
      await this.requests.put(key, text, { createOnly: true, once: true });
      try {
        await this.#checkCreateOnly(key);
        const body = await this.requests.get({
          key,
          from: 0,
          to: text.length - 1,
          signal: AbortSignal.timeout(this.requests.options.requestTimeout),
        });
        if (!(await readWhole(body)).equals(text)) {
          throw new StorageError('failed', 'the storage gave back other bytes than were written');
        }
      } finally {
        await this.requests.delete(key);
      }
    });
  }

  /**
   * Ends multipart uploads that nobody can be working on any more. Nothing but their age tells: one that is ended while it
   * is being completed may, at some servers, go past the check that keeps a key from being written twice.
   */
  async sweep(begunBefore: Date): Promise<void> {
    await guardedS3(async () => {
      for await (const upload of this.requests.listMultiparts(this.#options.prefix)) {
        if (upload.begunAt < begunBefore) {
          await abortMultipart(this.requests, upload);
        }
      }
    });
  }

  /** A server that overlooks `If-None-Match` would write versions over: it must be known before the first upload. */
  async #checkCreateOnly(key: string): Promise<void> {
    if (this.#createsOnly) {
      return;
    }
    try {
      await this.requests.put(key, Buffer.from('second'), { createOnly: true, once: true });
    } catch (error) {
      if (toS3Error(error).status === 412) {
        this.#createsOnly = true;
        return;
      }
      throw error;
    }
    const need = 'this S3 storage ignores If-None-Match and would overwrite versions: use a server that supports it';
    throw new StorageError('failed', need);
  }

  async #copy(id: string, target: string, chain: readonly Segment[]): Promise<Completion> {
    const upload = await this.requests.begin(target, { [stagingMark]: id });
    try {
      const parts: S3Part[] = await inGroups(chain, sideBySide, (segment, index) =>
        this.requests.copyPart(upload, index + 1, segment),
      );
      const isMade = () => this.#isPublished(id, target, chain);
      const outcome = await completeMultipart(this.requests, { upload, parts }, { createOnly: true, isMade });
      if (outcome !== 'done') {
        await abortMultipart(this.requests, upload).catch(() => undefined);
      }
      return outcome;
    } catch (error) {
      await abortMultipart(this.requests, upload).catch(() => undefined);
      throw error;
    }
  }

  /** Throws when the key holds something else. */
  async #isPublished(id: string, target: string, chain: readonly Segment[]): Promise<boolean> {
    const found = await this.requests.head(target);
    if (found === undefined) {
      return false;
    }
    const bytes = chain.reduce((sum, segment) => sum + segment.bytes, 0);
    if (found.metadata[stagingMark] !== id || found.bytes !== bytes) {
      throw new StorageError('exists', 'the storage holds another file of that name already');
    }
    return true;
  }

  async #segments(folder: string): Promise<Segment[]> {
    const segments: Segment[] = [];
    for await (const { key, bytes, etag } of this.requests.list(folder)) {
      const name = parseSegmentName(key.slice(folder.length));
      if (name !== undefined) {
        segments.push({ key, bytes, etag, ...name });
      }
    }
    return segments;
  }

  #content(objects: readonly Pick<S3Object, 'key' | 'etag' | 'bytes'>[]): BlobContent {
    const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
    return {
      bytes,
      stream: (range = { start: 0, end: bytes - 1 }) => new S3ContentStream(this.requests, stretchesOf(objects, range)),
      close: () => Promise.resolve(),
    };
  }

  async #head(key: string): Promise<S3Object | undefined> {
    const target = this.#key(key);
    return await guardedS3(() => this.requests.head(target));
  }

  #folder(id: string): string {
    return `${this.#options.prefix}${stagingFolder}${checkStagingId(id)}/`;
  }

  #key(key: string): string {
    return `${this.#options.prefix}${segmentsOfKey(key).join('/')}`;
  }
}
