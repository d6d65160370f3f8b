import type { Logger } from 'pino';
import { blobKey } from '../blobs/blob-keys.ts';
import type { BlobEntry, BlobStore } from '../blobs/blob-store.ts';
import { type Clock, later } from '../clock.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import type { Version } from '../metadata/versions.ts';
import { runAlone } from './single-runner.ts';

export interface StorageSweepOptions {
  readonly metadata: MetadataStore;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Orphans younger than this are none yet: somebody may be writing them. Milliseconds. */
  readonly grace: number;
  /** Whether orphans are removed, or only reported. */
  readonly removes: boolean;
  /** Whether the collection is defined: versions of another one are listed nowhere. */
  readonly isDefined: (collectionId: string) => Promise<boolean>;
  /** Told of each comparison that came to its end. */
  readonly onSwept?: (result: SweepResult) => void;
}

export interface SweepResult extends Record<string, unknown> {
  readonly objects: number;
  readonly orphans: number;
  readonly removed: number;
  readonly versions: number;
  readonly missing: number;
  /** So many were missing that the storage itself is doubted: nothing was marked. */
  readonly doubtful: boolean;
  /** Versions of collections that are not defined (any more). They are kept. */
  readonly unlisted: number;
}

const batchSize = 500;
export const sweepName = 'sweep';

/** More missing versions than that, and more than half of what was looked at: that is no lost file but a wrong storage. */
const doubtfulFrom = 10;

const splitAtFirst = (key: string): [string, string] => {
  const slash = key.indexOf('/');
  return slash < 0 ? ['', key] : [key.slice(0, slash), key.slice(slash + 1)];
};

/**
 * Compares the storage with the database, both ways, in one pass over a listing of any order. Memory does not grow with
 * either. Versions without an object are marked missing; objects without a version are noted, and removed if that is wanted.
 */
export class StorageSweep {
  readonly #options: StorageSweepOptions;
  readonly #stop = new AbortController();
  #running: Promise<SweepResult | undefined> | undefined;

  constructor(options: StorageSweepOptions) {
    this.#options = options;
  }

  /** Undefined: another server does it, or this one stops. Rejects when a store fails. A call while one runs waits for it. */
  run(): Promise<SweepResult | undefined> {
    this.#running ??= this.#runAndTell().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the server stops'));
    await this.#running?.catch(() => undefined);
  }

  async #runAndTell(): Promise<SweepResult | undefined> {
    const result = await this.#runAlone();
    if (result !== undefined) {
      this.#options.onSwept?.(result);
    }
    return result;
  }

  async #runAlone(): Promise<SweepResult | undefined> {
    const { metadata, clock, logger } = this.#options;
    const stop = this.#stop.signal;
    try {
      return await runAlone(sweepName, { locks: metadata.locks, clock, logger, stop }, (signal) => this.#sweep(signal));
    } catch (error) {
      if (stop.aborted) {
        return undefined;
      }
      throw error;
    }
  }

  async #sweep(signal: AbortSignal): Promise<SweepResult> {
    const { metadata, clock, logger } = this.#options;
    const startedAt = clock.now();
    const cutoff = await this.#cutoff(startedAt);
    const found = await this.#objects(startedAt, cutoff, signal);
    const lost = await this.#versions(startedAt, found.versions, signal);
    await metadata.maintenance.forgetOrphansBefore(startedAt);
    const removed = this.#options.removes ? await this.#remove(cutoff, signal) : 0;
    const result = { ...found, ...lost, removed, unlisted: await this.#unlisted() };
    await metadata.maintenance.finish(sweepName, result, clock.now());
    const level = lost.missing > 0 || lost.doubtful ? 'error' : 'info';
    logger[level](result, 'storage and database were compared');
    return result;
  }

  async #unlisted(): Promise<number> {
    const { metadata, isDefined, logger } = this.#options;
    let count = 0;
    for (const { collectionId, versions } of await metadata.usage.byCollection()) {
      if (versions > 0 && !(await isDefined(collectionId))) {
        logger.warn({ collection: collectionId, versions }, 'versions of a collection that is not defined');
        count += versions;
      }
    }
    return count;
  }

  /** What was written after this may belong to somebody who still writes. */
  async #cutoff(now: Date): Promise<Date> {
    const { metadata, grace } = this.#options;
    const writers = [...(await metadata.uploads.abandoned(undefined)), ...(await metadata.uploads.unfinished())];
    const times = [later(now, -grace), ...writers.map((upload) => upload.createdAt)].map((time) => time.getTime());
    return new Date(Math.min(...times));
  }

  async #objects(seenAt: Date, cutoff: Date, signal: AbortSignal) {
    const counts = { objects: 0, orphans: 0, versions: 0 };
    let batch: BlobEntry[] = [];
    const settle = async (): Promise<void> => {
      const unknown = await this.#unknown(batch, seenAt);
      counts.objects += batch.length;
      counts.versions += batch.length - unknown.length;
      for (const orphan of unknown.filter(({ modifiedAt }) => modifiedAt < cutoff)) {
        // A version that was removed since the listing is none.
        if ((await this.#options.blobs.size(orphan.key)) !== undefined) {
          counts.orphans += 1;
          await this.#options.metadata.maintenance.noteOrphan(orphan, seenAt);
        }
      }
      batch = [];
      signal.throwIfAborted();
    };
    for await (const entry of this.#options.blobs.list()) {
      batch.push(entry);
      if (batch.length >= batchSize) {
        await settle();
      }
    }
    await settle();
    return counts;
  }

  async #unknown(batch: readonly BlobEntry[], seenAt: Date): Promise<BlobEntry[]> {
    const byCollection = Map.groupBy(batch, ({ key }) => splitAtFirst(key)[0]);
    const unknown: BlobEntry[] = [];
    for (const [collection, entries] of byCollection) {
      const names = entries.map(({ key }) => splitAtFirst(key)[1]);
      const known = await this.#options.metadata.marks.knownFiles(collection, names, seenAt);
      unknown.push(...entries.filter(({ key }) => !known.has(splitAtFirst(key)[1])));
    }
    return unknown;
  }

  async #versions(startedAt: Date, present: number, signal: AbortSignal) {
    const { logger } = this.#options;
    // Counted first, marked afterwards: a storage that is not mounted must not turn every version bad.
    let missing = 0;
    for await (const _ of this.#missing(startedAt, signal)) {
      missing += 1;
    }
    const doubtful = missing >= doubtfulFrom && missing > present;
    if (doubtful) {
      logger.fatal({ missing, present }, 'most versions have no object: is this the right storage? Nothing was marked');
      return { missing, doubtful };
    }
    for await (const version of missing === 0 ? [] : this.#missing(startedAt, signal)) {
      await this.#markMissing(version);
    }
    return { missing, doubtful };
  }

  async *#missing(startedAt: Date, signal: AbortSignal): AsyncIterable<Version> {
    const { metadata, blobs } = this.#options;
    let after: string | undefined;
    for (;;) {
      const page = await metadata.marks.unseen(startedAt, batchSize, after);
      for (const version of page) {
        signal.throwIfAborted();
        const size = await blobs.size(blobKey(version.collectionId, version.filename));
        if (size === undefined && (await metadata.marks.findById(version.id)) !== undefined) {
          yield version;
        }
      }
      after = page.at(-1)?.id;
      if (after === undefined) {
        return;
      }
    }
  }

  async #markMissing(version: Version): Promise<void> {
    const { metadata, clock, logger } = this.#options;
    const { id, collectionId, versionNumber } = version;
    const detail = 'the stored object is missing';
    await metadata.marks.recordVerification(id, { at: clock.now(), result: 'missing', detail });
    if (version.verification?.result !== 'missing') {
      logger.error({ collection: collectionId, version: versionNumber, problem: detail }, 'a stored version is bad');
      const target = `version ${versionNumber}`;
      const entry = { action: 'version.verify', outcome: 'failed', collectionId, target, detail } as const;
      await metadata.audit.append(entry, clock.now());
    }
  }

  /** Only what the sweep before saw already, at least the grace ago, and what still has no version at this moment. */
  async #remove(cutoff: Date, signal: AbortSignal): Promise<number> {
    const { metadata, blobs, clock } = this.#options;
    let removed = 0;
    let after: string | undefined;
    for (;;) {
      const page = await metadata.maintenance.orphans(batchSize, after);
      for (const { key, firstSeenAt, modifiedAt } of page) {
        signal.throwIfAborted();
        const [collection, filename] = splitAtFirst(key);
        const known = await metadata.marks.knownFiles(collection, [filename], clock.now());
        if (firstSeenAt <= cutoff && modifiedAt < cutoff && known.size === 0) {
          await blobs.delete(key);
          await metadata.maintenance.forgetOrphan(key);
          const entry = { action: 'orphan.remove', outcome: 'done', collectionId: collection, target: key } as const;
          await metadata.audit.append(entry, clock.now());
          removed += 1;
        }
      }
      after = page.at(-1)?.key;
      if (after === undefined) {
        return removed;
      }
    }
  }
}
