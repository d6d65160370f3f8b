import type { Logger } from 'pino';
import type { BlobStore } from './blobs/blob-store.ts';
import type { Clock } from './clock.ts';
import type { ConfigurationProvider } from './configuration/configuration-provider.ts';
import type { MetadataStore } from './metadata/metadata-store.ts';
import type { UploadTurnsOptions } from './uploads/upload-turns.ts';

/** Requests per client address; 0 switches a limit off. */
export interface RateLimits {
  /** Per second, on everything with a token but uploads. Default: 5. */
  readonly default: number;
  /** Per minute, on login and refresh. Default: 10. */
  readonly auth: number;
  /** Per minute. Default: 10. */
  readonly collectionHealth: number;
  /** Per minute. Default: 160. */
  readonly serverHealth: number;
}

/** Times in milliseconds. */
export interface RepositoryOptions {
  /** Empty: every address of the machine. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly configuration: ConfigurationProvider;
  /** Closed by `stop`. */
  readonly metadata: MetadataStore;
  readonly blobs: BlobStore;
  /** Signs tokens. Must not be empty. */
  readonly jwtKey: string;
  readonly logger: Logger;
  /** Default: empty, everybody may ask for readiness. */
  readonly healthCheckKey?: string;
  /** Bearer token for `/metrics`. Default: empty, there are none on this address. */
  readonly metricsToken?: string;
  /** Another address for `/metrics`, which asks for nothing. Default: none. */
  readonly metricsListen?: { readonly host: string; readonly port: number };
  /** Audit entries older than this are removed; 0: never. Default: 0. */
  readonly auditRetention?: number;
  readonly rateLimits?: Partial<RateLimits>;
  /** Default: 6 hours. */
  readonly tokenLifetime?: number;
  /** For sessions with a scope. Default: 87600 hours. */
  readonly maxTokenLifetime?: number;
  /** Addresses and CIDR ranges whose X-Forwarded-For counts. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** Whether `restrictByIP` of users counts. Default: true. */
  readonly enforceAddresses?: boolean;
  /** A silent connection is cut. Default: 15 minutes. */
  readonly idleTimeout?: number;
  /** Total time of a request body that is no upload, such as that of a login. Default: 30 seconds. */
  readonly smallBodyTimeout?: number;
  /** Total time of a plain upload or a download. Default: no limit. */
  readonly uploadTimeout?: number;
  readonly downloadTimeout?: number;
  /** Total time for the bytes of a plain upload. Default: no limit. */
  readonly storageTimeout?: number;
  readonly storageCheckTimeout?: number;
  /** Default: 2 seconds. */
  readonly uploadGrace?: number;
  /** How long `stop` waits for running transfers. Default: 20 seconds. */
  readonly drainTime?: number;
  /** Uploads at once; more are refused with 503. Default: 256. */
  readonly maxTransfers?: number;
  /** Within it every stored byte is read again and compared with its SHA-256; 0: only on demand. Default: 30 days. */
  readonly verifyPeriod?: number;
  /** Bytes per second that verification may read. Default: 32 MiB. */
  readonly verifyRate?: number;
  /** Between two comparisons of storage and database; 0: only on demand. Default: 24 hours. */
  readonly sweepInterval?: number;
  /** Objects without a version are no orphans before this age. Default: 24 hours. */
  readonly orphanGrace?: number;
  /** Whether orphans are removed when the grace is over. Default: false, they are only reported. */
  readonly removeOrphans?: boolean;
  /** For windows that name no zone. Default: that of the process. */
  readonly timeZone?: string;
  /** Among several servers: after a server died, an upload waits for a `lease`. Default: 30 seconds. For tests. */
  readonly turnTimes?: UploadTurnsOptions['times'];
  readonly clock?: Clock;
}
