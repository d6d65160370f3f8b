import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { blobKey } from '../blobs/blob-keys.ts';
import { type BlobStore, StorageError } from '../blobs/blob-store.ts';
import type { Clock } from '../clock.ts';
import { isDiskFull } from '../metadata/disk-full.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import type { CommitDecision, NewCommit, Upload } from '../metadata/uploads.ts';
import type { Version } from '../metadata/versions.ts';
import { UploadError } from './upload-errors.ts';
import type { Turn } from './upload-turns.ts';

const maxPassedOver = 1000;

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

  /** Numbers whose file exists already, left behind by a server that died, are passed over. */
  async commit(upload: Upload, content: Omit<NewCommit, 'now' | 'versionId'>, turn: Turn): Promise<Version> {
    const { metadata, clock } = this.#options;
    for (let passedOver = 0; ; passedOver += 1) {
      await turn.confirm();
      const commit = { ...content, versionId: randomUUID(), now: clock.now() };
      const decided = await metadata.uploads.decide(upload.id, commit);
      if (decided?.decision === undefined) {
        throw new UploadError('closed', 'the upload is no longer open');
      }
      if (await this.#publish(decided, decided.decision, turn)) {
        return await this.#complete(decided);
      }
      if (passedOver >= maxPassedOver || !(await metadata.uploads.reopen(upload.id, clock.now()))) {
        return await this.#nameTaken(decided, turn);
      }
    }
  }

  /** Idempotent. The turn sees to it that one upload is carried out once at a time. */
  async carryOut(upload: Upload, turn: Turn): Promise<Version> {
    if (upload.decision === undefined) {
      throw new Error('The upload has no decision to carry out');
    }
    const published = await this.#publish(upload, upload.decision, turn);
    return published ? await this.#complete(upload) : await this.#nameTaken(upload, turn);
  }

  async #complete(upload: Upload): Promise<Version> {
    const { metadata, blobs, clock } = this.#options;
    const version = await metadata.uploads.complete(upload, clock.now()).catch((error: unknown) => {
      // It is decided and will be a version: whoever asks must come again, and must not believe that it was refused.
      throw isDiskFull(error)
        ? new StorageError('busy', 'the database has no room on its disk to note the version yet', error)
        : error;
    });
    await blobs.discardStaged(upload.id);
    return version;
  }

  async #nameTaken(upload: Upload, turn: Turn): Promise<never> {
    await this.#giveUp(upload, undefined, turn);
    throw new StorageError('exists', 'the storage holds another file of that name already');
  }

  /** False: other bytes have that name. */
  async #publish(upload: Upload, decision: CommitDecision, turn: Turn): Promise<boolean> {
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
      return true;
    } catch (error) {
      if (error instanceof StorageError && error.failure === 'exists') {
        return false;
      }
      // After a failed write nobody knows what is on the disk, so these bytes must not become a version.
      await this.#giveUp(upload, key, turn);
      throw error;
    }
  }

  /** Deletes bytes only after the decision for them is gone: another server may have carried it out meanwhile. */
  async #giveUp(upload: Upload, key: string | undefined, turn: Turn): Promise<void> {
    const { metadata, blobs, clock, logger } = this.#options;
    try {
      await turn.confirm();
      const gone = await metadata.uploads.giveUp(upload.id, 'the bytes could not be stored', clock.now());
      if (gone && key !== undefined) {
        await blobs.delete(key);
      }
      await blobs.discardStaged(upload.id);
    } catch (error) {
      logger.error({ err: error, upload: upload.id }, 'a failed upload could not be removed, the sweep will try again');
    }
  }
}
