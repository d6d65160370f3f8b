import type { Bytes } from '../openpgp/bytes.ts';

export interface StoredVersion {
  /** Number that the repository gave it, when it said so. */
  readonly version?: number;
  /** Stored bytes, and their SHA-256 in hex. */
  readonly bytes: number;
  readonly sha256: string;
}

/** Where one version is sent to. Every method throws a Failure of stage `upload` (or what the source threw). */
export interface UploadTarget {
  /** What the server accepts. */
  readonly format: 'binary' | 'armor';
  /**
   * Sends the whole source, then asks `confirm`, and commits only when that resolves: until then the version does not exist
   * for the server. May be called once.
   */
  send(source: Bytes, confirm: () => Promise<void>): Promise<StoredVersion>;
  /** After a failed `send`: nothing of it stays at the server, as far as it can be reached. Never throws. */
  abort(): Promise<void>;
}
