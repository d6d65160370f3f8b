import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { blobKey } from '../blobs/blob-keys.ts';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { Clock } from '../clock.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import type { Verification, Version } from '../metadata/versions.ts';
import type { ReadPace } from './read-pace.ts';

export interface VerifierOptions {
  readonly metadata: MetadataStore;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pace: ReadPace;
  /** Told of each version that was read to its end. */
  readonly onVerified?: (version: Version, result: Verification['result']) => void;
}

type Finding = Omit<Verification, 'at'> & { readonly sha256?: string };

/** Reads stored bytes again and says what they are. */
export class Verifier {
  readonly #options: VerifierOptions;

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /**
   * Records and returns what the version is. Undefined: it left meanwhile. Rejects when the storage cannot be read: then
   * nothing is known and nothing recorded.
   */
  async verify(version: Version, signal: AbortSignal): Promise<Verification | undefined> {
    const { metadata, clock, onVerified } = this.#options;
    let finding = await this.#inspect(version, signal);
    if (finding.result !== 'good') {
      // One wrong read proves nothing yet.
      finding = await this.#inspect(version, signal);
    }
    const { sha256, ...rest } = finding;
    const live = await metadata.marks.findById(version.id);
    if (live === undefined) {
      return undefined;
    }
    const verification = { ...rest, at: clock.now() };
    await metadata.marks.recordVerification(version.id, verification, sha256);
    onVerified?.(version, verification.result);
    await this.#tell(live, verification);
    return verification;
  }

  async #inspect(version: Version, signal: AbortSignal): Promise<Finding> {
    const content = await this.#options.blobs.open(blobKey(version.collectionId, version.filename));
    if (content === undefined) {
      return { result: 'missing', detail: 'the stored object is missing' };
    }
    if (content.bytes !== version.bytes) {
      await content.close();
      const detail = `the stored object has ${content.bytes} bytes instead of ${version.bytes}`;
      return { result: 'damaged', detail };
    }
    const { bytes, sha256 } = await this.#digest(content.stream(), signal);
    if (bytes !== version.bytes || (version.sha256 !== undefined && sha256 !== version.sha256)) {
      return { result: 'damaged', detail: 'the stored bytes differ from their recorded SHA-256' };
    }
    return version.sha256 === undefined
      ? { result: 'good', detail: 'stored without a digest: this one was taken at the first verification', sha256 }
      : { result: 'good', detail: undefined };
  }

  async #digest(stream: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<{ bytes: number; sha256: string }> {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of stream) {
      await this.#options.pace.spend(chunk.length, signal);
      hash.update(chunk);
      bytes += chunk.length;
    }
    return { bytes, sha256: hash.digest('hex') };
  }

  async #tell(before: Version, { result, detail }: Verification): Promise<void> {
    const { metadata, clock, logger } = this.#options;
    const { collectionId, versionNumber } = before;
    const bad = result !== 'good';
    if (bad) {
      logger.error({ collection: collectionId, version: versionNumber, problem: detail }, 'a stored version is bad');
    }
    if (bad !== before.bad) {
      const outcome = bad ? 'failed' : 'done';
      const target = `version ${versionNumber}`;
      await metadata.audit.append({ action: 'version.verify', outcome, collectionId, target, detail }, clock.now());
    }
  }
}
