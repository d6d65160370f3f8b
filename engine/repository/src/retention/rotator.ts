import { type CollectionLimits, retentionOf, versionsToRotate } from '@backstay/shared';
import type { Logger } from 'pino';
import { blobKey } from '../blobs/blob-keys.ts';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { Clock } from '../clock.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import type { Version } from '../metadata/versions.ts';

interface Options {
  readonly metadata: MetadataStore;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

const removedAtOnce = 1000;

/** Takes out what a collection no longer keeps. First out of every list (durable), then the bytes: a crash between is mended by `removeRetired`. */
export class Rotator {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Removes what `fifo` no longer keeps, only while the newest version is really stored. Failures are logged. */
  async rotate(collectionId: string, limits: CollectionLimits): Promise<void> {
    const { metadata, blobs, clock, logger } = this.#options;
    try {
      const live = await metadata.versions.list(collectionId);
      const newest = live.at(-1);
      const stored = newest && (await blobs.size(blobKey(collectionId, newest.filename)));
      if (newest === undefined || stored !== newest.bytes) {
        logger.error({ collection: collectionId }, 'nothing is rotated: the newest version is not stored completely');
        return;
      }
      for (const version of versionsToRotate(live, retentionOf(limits), { now: clock.now() })) {
        await metadata.versions.retire(version.id, clock.now());
        await this.#removeBytes(version);
        const target = `version ${version.versionNumber}`;
        await metadata.audit.append({ action: 'version.rotate', outcome: 'done', collectionId, target }, clock.now());
      }
    } catch (error) {
      logger.error({ err: error, collection: collectionId }, 'rotation failed, it goes on after the next upload');
    }
  }

  /** Removes the bytes of versions that are out of the list already. */
  async removeRetired(): Promise<void> {
    for (const version of await this.#options.metadata.versions.toRemove(removedAtOnce)) {
      await this.#removeBytes(version);
    }
  }

  async #removeBytes(version: Version): Promise<void> {
    const { metadata, blobs, clock } = this.#options;
    // Templates of old servers may have given several versions one file.
    if (!(await metadata.versions.hasFile(version.collectionId, version.filename))) {
      await blobs.delete(blobKey(version.collectionId, version.filename));
    }
    await metadata.versions.markRemoved(version.id, clock.now());
  }
}
