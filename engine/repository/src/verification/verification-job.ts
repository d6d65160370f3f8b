import type { Logger } from 'pino';
import { type Clock, later } from '../clock.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import type { Verification, Version } from '../metadata/versions.ts';
import { runAlone } from '../sweep/single-runner.ts';
import type { Verifier } from './verifier.ts';

export interface VerificationJobOptions {
  readonly metadata: MetadataStore;
  readonly verifier: Verifier;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Within this time every stored byte is read again. Milliseconds. */
  readonly period: number;
}

const batchSize = 100;
/** Reading begins early, so that it ends in time also when much is due at once. */
const startAt = 0.8;
const maxOnDemand = 16;
const maxSuspects = 1000;
/** A storage that is not mounted must not turn every version bad. */
const doubtfulFrom = 10;

export const verificationLock = 'verification';
const beganName = 'verification-began';

/** Verifies what was not verified for long, by itself and on demand. What was done is remembered per version, so it goes on anywhere. */
export class VerificationJob {
  readonly #options: VerificationJobOptions;
  readonly #stop = new AbortController();
  readonly #onDemand = new Map<string, Promise<Verification | undefined>>();
  readonly #suspects = new Set<string>();
  #queue: Promise<unknown> = Promise.resolve();
  #running: Promise<void> | undefined;
  #since: Date;

  constructor(options: VerificationJobOptions) {
    this.#options = options;
    this.#since = options.clock.now();
  }

  /** Learns when verification began on this storage: what was stored long before cannot have been read in time yet. */
  async begin(): Promise<void> {
    const { metadata, clock } = this.#options;
    const began = await metadata.maintenance.last(beganName);
    if (began === undefined) {
      await metadata.maintenance.finish(beganName, {}, clock.now());
    }
    this.#since = began?.finishedAt ?? clock.now();
  }

  /** When a version is due again. */
  dueAt(version: Version): Date {
    return later(version.verification?.at ?? version.createdAt, this.#options.period * startAt);
  }

  /** Whether the promised period is over without a verification. */
  isLate(version: Version): boolean {
    // The old server kept no digests: what it stored is read as soon as there is time, and is no alarm on the day of the change.
    if (version.verification === undefined && version.sha256 === undefined) {
      return false;
    }
    const last = version.verification?.at ?? version.createdAt;
    const from = new Date(Math.max(last.getTime(), this.#since.getTime()));
    return later(from, this.#options.period) < this.#options.clock.now();
  }

  /** Reads whatever is due, in one server at a time. Never rejects; a second call while one runs waits for the same. */
  run(): Promise<void> {
    this.#running ??= this.#runAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /**
   * Reads one version now, after those asked for before. Asking twice is asking once. Undefined: too many wait already.
   * The promise gives undefined when the version left, and rejects when the storage cannot be read.
   */
  request(version: Version): Promise<Verification | undefined> | undefined {
    const known = this.#onDemand.get(version.id);
    if (known !== undefined || this.#onDemand.size >= maxOnDemand) {
      return known;
    }
    const result = this.#queue.then(() => this.#options.verifier.verify(version, this.#stop.signal));
    const settled = result.finally(() => this.#onDemand.delete(version.id));
    this.#queue = settled.catch((error: unknown) => this.#cannotRead(version, error));
    this.#onDemand.set(version.id, settled);
    return settled;
  }

  /** A reader met other bytes than were stored: until a verification says more, {@link isSuspect} holds. Never rejects. */
  suspect(version: Version): void {
    if (this.#suspects.size < maxSuspects) {
      this.#suspects.add(version.id);
    }
    const clear = () => this.#suspects.delete(version.id);
    // Its own failures are logged where they happen; then the suspicion stays.
    this.request(version)?.then(clear, () => undefined);
  }

  isSuspect(version: Version): boolean {
    return this.#suspects.has(version.id);
  }

  isRunning(version: Version): boolean {
    return this.#onDemand.has(version.id);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the server stops'));
    await this.#running;
    await this.#queue;
  }

  async #runAll(): Promise<void> {
    const { metadata, clock, logger } = this.#options;
    const stop = this.#stop.signal;
    try {
      await runAlone(verificationLock, { locks: metadata.locks, clock, logger, stop }, (signal) => this.#work(signal));
    } catch (error) {
      if (!stop.aborted) {
        logger.error({ err: error }, 'verification failed, it is repeated');
      }
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { metadata, clock, period } = this.#options;
    let lost = 0;
    for (let progress = 1; progress > 0 && !signal.aborted; ) {
      const due = await metadata.marks.toVerify(later(clock.now(), -period * startAt), batchSize);
      progress = 0;
      for (const version of due) {
        const found = await this.#verified(version, signal);
        signal.throwIfAborted();
        progress += found === 'unreadable' ? 0 : 1;
        lost = found === 'missing' ? lost + 1 : 0;
        if (lost >= doubtfulFrom) {
          this.#options.logger.fatal(
            { lost },
            'versions without an object one after another: is this the right storage?',
          );
          return;
        }
      }
    }
  }

  async #verified(version: Version, signal: AbortSignal): Promise<Verification['result'] | 'gone' | 'unreadable'> {
    try {
      return (await this.#options.verifier.verify(version, signal))?.result ?? 'gone';
    } catch (error) {
      this.#cannotRead(version, error);
      return 'unreadable';
    }
  }

  #cannotRead(version: Version, error: unknown): void {
    if (!this.#stop.signal.aborted) {
      const { collectionId, versionNumber } = version;
      const facts = { err: error, collection: collectionId, version: versionNumber };
      this.#options.logger.error(facts, 'a version could not be read for verification, it is tried again');
    }
  }
}
