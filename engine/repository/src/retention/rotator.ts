import { type CollectionLimits, retentionOf, versionsToRotate } from '@backstay/shared';
import type { Logger } from 'pino';
import { blobKey } from '../blobs/blob-keys.ts';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { Clock } from '../clock.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import type { MarkCheck } from '../metadata/version-marks.ts';
import type { Version } from '../metadata/versions.ts';

interface Options {
  readonly metadata: MetadataStore;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each version that left by rotation. */
  readonly onRotated?: (version: Version) => void;
}

const removedAtOnce = 1000;

/** What was to take its place may have been deleted since the rotation began. */
const mustBeReplaced: MarkCheck = (before, live) => {
  const replaced = live.some((other) => !other.bad && (before.bad || other.versionNumber >= before.versionNumber));
  if (!replaced) {
    throw new Error('nothing newer is there any more');
  }
};

/**
 * Takes out what a collection no longer keeps. A version leaves the lists first, durably, and its bytes go afterwards: after
 * a crash in between, `removeRetired` goes on. Runs only after a commit, so something newer is there.
 */
export class Rotator {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Only while the newest good version is really stored. Failures are logged: the next upload tries again. */
  async rotate(collectionId: string, limits: CollectionLimits): Promise<void> {
    const { metadata, clock, logger } = this.#options;
    try {
      const live = await metadata.versions.list(collectionId);
      if (!(await this.#newestIsStored(live))) {
        logger.error({ collection: collectionId }, 'nothing is rotated: the newest version is not stored completely');
        return;
      }
      for (const version of versionsToRotate(live, retentionOf(limits), { now: clock.now() })) {
        await this.#rotateOut(version);
      }
    } catch (error) {
      logger.error({ err: error, collection: collectionId }, 'rotation failed, it goes on after the next upload');
    }
  }

  /** Removes the bytes of versions that are out of the list already. One that the storage refuses to remove stops no other. */
  async removeRetired(): Promise<void> {
    const { metadata, logger } = this.#options;
    for (const version of await metadata.versions.toRemove(removedAtOnce)) {
      await this.removeBytes(version).catch((error: unknown) => {
        logger.error(
          { err: error, version: version.id },
          'the bytes of a removed version are still stored, it is tried again',
        );
      });
    }
  }

  /** The version must be out of the lists. Idempotent. */
  async removeBytes(version: Version): Promise<void> {
    const { metadata, blobs, clock } = this.#options;
    // Templates of old servers may have given several versions one file.
    if (!(await metadata.versions.hasFile(version.collectionId, version.filename))) {
      await blobs.delete(blobKey(version.collectionId, version.filename));
    }
    await metadata.versions.markRemoved(version.id, clock.now());
  }

  /** A hold that came meanwhile wins. */
  async #rotateOut(version: Version): Promise<void> {
    const { metadata, clock, onRotated } = this.#options;
    const now = clock.now();
    if ((await metadata.marks.retire({ ...version, now }, mustBeReplaced)) === undefined) {
      return;
    }
    const { collectionId } = version;
    const target = `version ${version.versionNumber}`;
    await metadata.audit.append({ action: 'version.rotate', outcome: 'done', collectionId, target }, clock.now());
    onRotated?.(version);
    await this.removeBytes(version);
  }

  async #newestIsStored(live: readonly Version[]): Promise<boolean> {
    const newest = live.findLast((version) => !version.bad);
    const key = newest && blobKey(newest.collectionId, newest.filename);
    return key !== undefined && (await this.#options.blobs.size(key)) === newest?.bytes;
  }
}
