import type { LogLevel } from '@backstay/shared/rules/job-log';

export interface ClientSettings {
  readonly url: string;
  readonly collection: string;
  readonly token: string;
  /** Seconds without a byte moving after which the client gives up; 0 waits for ever. */
  readonly timeout: number;
  readonly logLevel: LogLevel;
  readonly json: boolean;
  readonly recipients: readonly string[];
  readonly passphrase: string;
}

export interface MakeSettings extends ClientSettings {
  readonly command: string;
  readonly publicKeyPath: string | undefined;
  readonly compression: 'auto' | 'zstd' | 'zlib' | 'none';
  readonly armor: 'auto' | 'true' | 'false';
  /** Plain bytes; a dump with less is not stored. */
  readonly minSize: number;
}

export interface ReadingSettings extends ClientSettings {
  readonly privateKeyPath: string | undefined;
  readonly version: string;
  /** A version that was made in another collection is read too. */
  readonly anyCollection: boolean;
  /** A version that was made earlier is refused. */
  readonly notBefore: Date | undefined;
}

export interface RestoreSettings extends ReadingSettings {
  readonly command: string;
  readonly verifyFirst: boolean;
}

export interface DownloadSettings extends ReadingSettings {
  readonly savePath: string;
}
