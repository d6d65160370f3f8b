import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { type BlobStore, StorageError } from '../blobs/blob-store.ts';
import { type Clock, later } from '../clock.ts';
import { type CollectionRules, filenameOf } from '../configuration/collection-rules.ts';
import type { CollectionDocument } from '../configuration/documents.ts';
import { isDiskFull } from '../metadata/disk-full.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import { type NewCommit, NoRoomError, type Upload } from '../metadata/uploads.ts';
import type { Version } from '../metadata/versions.ts';
import { runAlone } from '../sweep/single-runner.ts';
import { Committer } from './committer.ts';
import { OverdueAborts } from './overdue-aborts.ts';
import { type StagedSummary, Staging } from './staging.ts';
import { UploadError } from './upload-errors.ts';
import { type Turn, UploadTurns, type UploadTurnsOptions } from './upload-turns.ts';

/** How long a lease outlives a dead connection, and how often a live one renews it. Milliseconds. */
const deadConnectionLease = 60_000;
const heartbeat = 20_000;
/** Multipart uploads of S3 and the like live no longer than this, and are looked for this often. Milliseconds. */
const maxWork = 24 * 3_600_000;
const betweenDeepSweeps = 3_600_000;

export interface UploadServiceOptions {
  readonly metadata: MetadataStore;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Lease of an upload between two requests. Milliseconds. */
  readonly idleTimeout: number;
  /** For tests. */
  readonly turnTimes?: UploadTurnsOptions['times'];
}

export interface UploadTarget {
  readonly document: CollectionDocument;
  readonly rules: CollectionRules;
}

export interface Uploader {
  readonly user: string;
  readonly sessionId: string;
}

type Source = (signal: AbortSignal) => AsyncIterable<Uint8Array>;

const refusals: readonly string[] = ['too-large', 'not-a-message', 'empty'];

/** Whether nothing can come of an upload any more. */
const isHopeless = (error: unknown): boolean =>
  (error instanceof StorageError && error.failure !== 'busy') ||
  (error instanceof UploadError && refusals.includes(error.failure)) ||
  isDiskFull(error);

/** The life of uploads: reserve, append, commit or abort. Knows no HTTP and no rights. */
export class UploadService {
  readonly #committer: Committer;
  readonly #options: UploadServiceOptions;
  readonly #turns: UploadTurns;
  readonly #overdue: OverdueAborts;
  #deepSweepDue = Number.NEGATIVE_INFINITY;
  readonly #stagings = new Map<string, Staging>();

  constructor(options: UploadServiceOptions) {
    this.#options = options;
    this.#committer = new Committer(options);
    const { metadata, logger, turnTimes: times } = options;
    const store = metadata.exclusive ? undefined : metadata.turns;
    this.#turns = new UploadTurns({ store, logger, ...(times === undefined ? {} : { times }) });
    const abortNow = async ({ upload, reason }: { upload: Upload; reason: string }): Promise<void> => {
      const done = await this.#turns.tryRun(upload.id, (turn) => this.#discardNow(upload, reason, turn));
      if (done === undefined) {
        throw new UploadError('busy', 'somebody works on this upload');
      }
    };
    this.#overdue = new OverdueAborts(abortNow, logger);
  }

  /** Uploads that this process has begun to receive and that are not settled. */
  get unsettled(): number {
    return this.#stagings.size;
  }

  /** Undefined: `expectedBytes` do not fit. */
  async open(
    target: UploadTarget,
    uploader: Uploader,
    wish: { key?: string; expectedBytes?: number } = {},
  ): Promise<{ upload: Upload; created: boolean } | undefined> {
    const { metadata, clock, idleTimeout } = this.#options;
    await this.#overdue.settle();
    const now = clock.now();
    const opened = await metadata.uploads.open({
      id: randomUUID(),
      collectionId: target.document.name,
      key: wish.key,
      sessionId: uploader.sessionId,
      uploader: uploader.user,
      limits: target.rules.limits,
      wantedBytes: wish.expectedBytes,
      now,
      leaseUntil: later(now, idleTimeout),
    });
    if (opened !== undefined && opened.upload.uploader !== uploader.user) {
      throw new UploadError('key-in-use', 'this upload key is in use by another user');
    }
    return opened;
  }

  /** Where an open upload continues. */
  async offset(upload: Upload): Promise<number> {
    if (upload.state !== 'open') {
      return upload.decision?.bytes ?? 0;
    }
    const staging = this.#staging(upload);
    return await staging.stored();
  }

  /**
   * Appends at `offset` (undefined: wherever it stands) and gives the new offset. A connection that still delivers is
   * ended first. A source that breaks leaves what arrived; anything else that goes wrong aborts the upload.
   */
  async append(upload: Upload, source: Source, offset?: number): Promise<number> {
    const staging = this.#staging(upload);
    staging.cancel();
    const receive = (turn: Turn) => this.#receive(upload, staging, { source, offset, turn });
    return await this.#turns.run(upload.id, receive, () => staging.cancel());
  }

  /** Digest and size of what is staged. Rejects while bytes are still arriving. */
  async summary(upload: Upload): Promise<StagedSummary> {
    this.#mustBeQuiet(upload);
    return await this.#staging(upload).summary();
  }

  /** Commits what is staged as it is. Idempotent: a committed upload gives its version again. */
  async commit(upload: Upload, target: UploadTarget, check: (content: StagedSummary) => void): Promise<Version> {
    this.#mustBeQuiet(upload);
    return await this.#turns.run(upload.id, async (turn) => {
      const settled = await this.#alreadyDecided(upload, turn);
      if (settled !== undefined) {
        return settled;
      }
      this.#staging(upload).follow(turn);
      const content = await this.#checked(upload, check, turn);
      const { filenameTemplate } = target.document;
      const filename = (version: number) => filenameOf(filenameTemplate, version);
      const { limits } = target.rules;
      const commit = { bytes: content.bytes, sha256: content.sha256, filename, limits };
      const version = await this.#committed(upload, commit, turn);
      this.#stagings.delete(upload.id);
      return version;
    });
  }

  /** False: it is committed. Idempotent. */
  async abort(upload: Upload, reason: string): Promise<boolean> {
    this.#stagings.get(upload.id)?.cancel();
    return await this.#turns.run(upload.id, (turn) => this.#discard(upload, reason, turn));
  }

  /**
   * Carries on where a crash or a failure stopped, and removes what nobody waits for. Runs beside everything else, in one
   * server at a time, and lets alone what any server is working on.
   */
  async sweep(options: { allOpen?: boolean } = {}): Promise<void> {
    await this.#forgetSettled();
    const stop = new AbortController().signal;
    const { locks } = this.#options.metadata;
    await runAlone('uploads', { ...this.#options, locks, stop }, async (lost) => {
      await this.#removeAbandoned(options.allOpen ? undefined : this.#options.clock.now(), lost);
      await this.#finishDecided(lost);
      await this.#removeStray(lost);
      await this.#sweepDeep();
    });
  }

  /** Nothing is tried again after this. Call it before the database is closed. */
  stop(): void {
    this.#overdue.stop();
  }

  async #receive(
    upload: Upload,
    staging: Staging,
    { source, offset, turn }: { source: Source; offset: number | undefined; turn: Turn },
  ): Promise<number> {
    await this.#mustBeOpen(upload);
    const { clock, idleTimeout, metadata } = this.#options;
    staging.follow(turn);
    const beat = setInterval(() => this.#extendLease(upload.id, deadConnectionLease), heartbeat);
    try {
      await this.#extendLease(upload.id, deadConnectionLease);
      await staging.append(source, { offset, turn });
      await metadata.uploads.extendLease(upload.id, later(clock.now(), idleTimeout));
      return staging.bytes;
    } catch (error) {
      await this.#afterFailure(upload, error, turn);
      throw error;
    } finally {
      clearInterval(beat);
    }
  }

  async #removeAbandoned(before: Date | undefined, lost: AbortSignal): Promise<void> {
    const { metadata, logger } = this.#options;
    for (const { id, collectionId } of await metadata.uploads.abandoned(before)) {
      lost.throwIfAborted();
      await this.#turns.tryRun(id, async (turn) => {
        const upload = await metadata.uploads.find(collectionId, id);
        if (upload?.state === 'open' && (before === undefined || upload.leaseExpiresAt < before)) {
          logger.warn({ upload: id, collection: collectionId }, 'abandoned upload removed');
          await this.#discard(upload, 'abandoned', turn);
        }
      });
    }
  }

  async #finishDecided(lost: AbortSignal): Promise<void> {
    for (const upload of await this.#options.metadata.uploads.unfinished()) {
      lost.throwIfAborted();
      await this.#turns.tryRun(upload.id, (turn) => this.#finishLate(upload, turn));
    }
  }

  async #sweepDeep(): Promise<void> {
    const { blobs, clock, metadata } = this.#options;
    const now = clock.now();
    if (now.getTime() >= this.#deepSweepDue) {
      await blobs.sweep(later(now, -maxWork));
      await metadata.turns.purge();
      this.#deepSweepDue = now.getTime() + betweenDeepSweeps;
    }
  }

  #staging(upload: Upload): Staging {
    const known = this.#stagings.get(upload.id);
    if (known !== undefined) {
      return known;
    }
    const staging = new Staging(this.#options.blobs, upload);
    if (upload.state === 'open') {
      this.#stagings.set(upload.id, staging);
    }
    return staging;
  }

  #mustBeQuiet(upload: Upload): void {
    if (this.#stagings.get(upload.id)?.receiving) {
      throw new UploadError('busy', 'bytes of this upload are still arriving');
    }
  }

  async #mustBeOpen(upload: Upload): Promise<void> {
    this.#overdue.refuse(upload.id);
    const found = await this.#options.metadata.uploads.find(upload.collectionId, upload.id);
    if (found?.state !== 'open') {
      this.#stagings.delete(upload.id);
      throw new UploadError('closed', `the upload is ${found?.state ?? 'gone'}`);
    }
  }

  async #extendLease(id: string, milliseconds: number): Promise<void> {
    const { metadata, clock, logger } = this.#options;
    try {
      await metadata.uploads.extendLease(id, later(clock.now(), milliseconds));
    } catch (error) {
      logger.error({ err: error, upload: id }, 'the lease of an upload could not be renewed');
    }
  }

  async #afterFailure(upload: Upload, error: unknown, turn: Turn): Promise<void> {
    if (isHopeless(error)) {
      // What went wrong first is what the client has to know.
      await this.#discard(upload, error instanceof Error ? error.message : 'failed', turn).catch(() => undefined);
      return;
    }
    await this.#extendLease(upload.id, deadConnectionLease);
  }

  async #alreadyDecided(upload: Upload, turn: Turn): Promise<Version | undefined> {
    this.#overdue.refuse(upload.id);
    const found = await this.#options.metadata.uploads.find(upload.collectionId, upload.id);
    if (found === undefined || found.state === 'aborted') {
      throw new UploadError(
        'closed',
        `the upload was aborted${found?.reason === undefined ? '' : `: ${found.reason}`}`,
      );
    }
    if (found.state === 'committed') {
      // Whoever made it a version may have died before the staged bytes went.
      await this.#options.blobs.discardStaged(upload.id);
      return await this.#options.metadata.uploads.complete(found, this.#options.clock.now());
    }
    return found.state === 'open' ? undefined : await this.#committer.carryOut(found, turn);
  }

  async #committed(upload: Upload, content: Omit<NewCommit, 'now' | 'versionId'>, turn: Turn): Promise<Version> {
    try {
      return await this.#committer.commit(upload, content, turn);
    } catch (error) {
      if (!(error instanceof NoRoomError)) {
        throw error;
      }
      await this.#discard(upload, error.message, turn);
      throw new UploadError('too-large', error.message);
    }
  }

  async #checked(upload: Upload, check: (content: StagedSummary) => void, turn: Turn): Promise<StagedSummary> {
    const content = await this.summary(upload);
    try {
      check(content);
    } catch (error) {
      await this.#discard(upload, error instanceof Error ? error.message : 'refused', turn);
      throw error;
    }
    return content;
  }

  /** What cannot be noted now is noted as soon as it can. */
  async #discard(upload: Upload, reason: string, turn: Turn): Promise<boolean> {
    try {
      return await this.#discardNow(upload, reason, turn);
    } catch (error) {
      this.#options.logger.error({ err: error, upload: upload.id }, 'an abort could not be noted, it is tried again');
      this.#overdue.add(upload, reason);
      throw error;
    }
  }

  async #discardNow(upload: Upload, reason: string, turn: Turn): Promise<boolean> {
    await turn.confirm();
    const aborted = await this.#noteAbort(upload, reason);
    this.#stagings.delete(upload.id);
    if (aborted) {
      await this.#removeStaged(upload);
    }
    return aborted;
  }

  async #noteAbort(upload: Upload, reason: string): Promise<boolean> {
    const { metadata, clock } = this.#options;
    try {
      return await metadata.uploads.abort(upload.id, reason, clock.now());
    } catch (error) {
      if (!isDiskFull(error) || (await metadata.uploads.findById(upload.id))?.state !== 'open') {
        throw error;
      }
      // Nobody needs the bytes of this upload any more, and their room may be all that the database lacks.
      await this.#removeStaged(upload);
      return await metadata.uploads.abort(upload.id, reason, clock.now());
    }
  }

  async #removeStaged({ id }: Upload): Promise<void> {
    const { blobs, logger } = this.#options;
    await blobs.discardStaged(id).catch((error: unknown) => {
      logger.error({ err: error, upload: id }, 'staged bytes could not be removed, the sweep will try again');
    });
  }

  async #finishLate(upload: Upload, turn: Turn): Promise<void> {
    const { metadata, logger } = this.#options;
    try {
      const found = await metadata.uploads.find(upload.collectionId, upload.id);
      if (found?.state === 'committing') {
        await this.#committer.carryOut(found, turn);
        logger.info({ upload: upload.id, collection: upload.collectionId }, 'decided upload completed after a failure');
      }
    } catch (error) {
      logger.error({ err: error, upload: upload.id }, 'a decided upload could not be completed');
    }
  }

  /** Another server may have settled what this one began. */
  async #forgetSettled(): Promise<void> {
    for (const id of this.#stagings.keys()) {
      const upload = await this.#options.metadata.uploads.findById(id);
      if (upload?.state !== 'open' && !this.#turns.isHeld(id)) {
        this.#stagings.delete(id);
      }
    }
  }

  /** Staging exists only for rows that are open or decided: whatever else is there is left over. */
  async #removeStray(lost: AbortSignal): Promise<void> {
    const { blobs, metadata } = this.#options;
    for (const { id } of await blobs.listStaged()) {
      lost.throwIfAborted();
      const upload = await metadata.uploads.findById(id);
      if (upload?.state !== 'open' && upload?.state !== 'committing') {
        await this.#turns.tryRun(id, () => blobs.discardStaged(id));
      }
    }
  }
}
