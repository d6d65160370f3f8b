import type { Logger } from 'pino';
import { blobKey } from '../blobs/blob-keys.ts';
import { type BlobStore, StorageError } from '../blobs/blob-store.ts';
import type { Clock } from '../clock.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import type { CommitDecision, Upload } from '../metadata/uploads.ts';
import type { Version } from '../metadata/versions.ts';
import { UploadError } from './upload-errors.ts';

interface Options {
  readonly metadata: MetadataStore;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Turns staged bytes into a version: decide (durable), publish the bytes, make the row live. A crash after the decision is
 * carried out later by `carryOut`; a crash before it leaves only staged bytes.
 */
export class Committer {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  async commit(
    upload: Upload,
    content: { bytes: number; sha256: string; filename(version: number): string },
  ): Promise<Version> {
    const { metadata, clock } = this.#options;
    const decided = await metadata.uploads.decide(upload.id, { ...content, now: clock.now() });
    if (decided === undefined) {
      throw new UploadError('closed', 'the upload is no longer open');
    }
    return await this.carryOut(decided);
  }

  /** Idempotent. The caller sees to it that one upload is carried out once at a time. */
  async carryOut(upload: Upload): Promise<Version> {
    const { metadata, blobs, clock } = this.#options;
    const { decision } = upload;
    if (decision === undefined) {
      throw new Error('The upload has no decision to carry out');
    }
    await this.#publish(upload, decision);
    const version = await metadata.uploads.complete(upload, clock.now());
    await blobs.discardStaged(upload.id);
    return version;
  }

  async #publish(upload: Upload, decision: CommitDecision): Promise<void> {
    const { blobs } = this.#options;
    const key = blobKey(upload.collectionId, decision.filename);
    try {
      const staged = await blobs.readStaged(upload.id);
      await staged?.close();
      if (staged !== undefined) {
        await blobs.publish(upload.id, key);
      }
      if ((await blobs.size(key)) !== decision.bytes) {
        throw new StorageError('failed', 'storage error');
      }
    } catch (error) {
      // After a failed write nobody knows what is on the disk, so these bytes must not become a version.
      const foreign = error instanceof StorageError && error.failure === 'exists';
      await this.#giveUp(upload, foreign ? undefined : key);
      throw error;
    }
  }

  async #giveUp(upload: Upload, key: string | undefined): Promise<void> {
    const { metadata, blobs, clock, logger } = this.#options;
    try {
      if (key !== undefined) {
        await blobs.delete(key);
      }
      await metadata.uploads.giveUp(upload.id, 'the bytes could not be stored', clock.now());
      await blobs.discardStaged(upload.id);
    } catch (error) {
      logger.error({ err: error, upload: upload.id }, 'a failed upload could not be removed, the sweep will try again');
    }
  }
}
