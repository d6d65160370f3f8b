import type { LogLevel } from '@backstay/shared';

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
}

export interface RestoreSettings extends ClientSettings {
  readonly command: string;
  readonly verifyFirst: boolean;
  readonly privateKeyPath: string | undefined;
  readonly version: string;
}

export interface DownloadSettings extends ClientSettings {
  readonly privateKeyPath: string | undefined;
  readonly version: string;
  readonly savePath: string;
}
