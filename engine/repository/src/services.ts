import type { Logger } from 'pino';
import type { AuditRecorder } from './access/audit-recorder.ts';
import type { LoginService } from './access/login.ts';
import type { RateLimiter } from './access/rate-limit.ts';
import type { SessionService } from './access/session.ts';
import type { TokenService } from './access/tokens.ts';
import type { BlobStore } from './blobs/blob-store.ts';
import type { Clock } from './clock.ts';
import type { ConfigurationProvider } from './configuration/configuration-provider.ts';
import type { AuditEntry } from './metadata/audit.ts';
import type { MetadataStore } from './metadata/metadata-store.ts';
import type { RepositoryMetrics } from './metrics/repository-metrics.ts';
import type { Rotator } from './retention/rotator.ts';
import type { StorageSweep } from './sweep/storage-sweep.ts';
import type { UploadService } from './uploads/upload-service.ts';
import type { VerificationJob } from './verification/verification-job.ts';

/** Settings that handlers need. Times in milliseconds. */
export interface ServiceSettings {
  /** Empty: everybody may ask for readiness. */
  readonly healthCheckKey: string;
  /** Empty: no metrics on this address. */
  readonly metricsToken: string;
  /** How long audit entries are kept. Undefined: for ever. */
  readonly auditRetention: number | undefined;
  readonly tokenLifetime: number;
  readonly maxTokenLifetime: number;
  /** How long after the end of a plain upload the client may still take it back. */
  readonly uploadGrace: number;
  readonly uploadTimeout: number | undefined;
  readonly downloadTimeout: number | undefined;
  readonly storageTimeout: number | undefined;
  readonly storageCheckTimeout: number;
  /** Within it every stored byte is read again. Undefined: only on demand. */
  readonly verifyPeriod: number | undefined;
  /** IANA name, for windows without one of their own. */
  readonly timeZone: string;
}

export interface RateLimiters {
  readonly default: RateLimiter;
  readonly auth: RateLimiter;
  readonly collectionHealth: RateLimiter;
  readonly serverHealth: RateLimiter;
}

/** Everything that the features are made of. */
export interface Services {
  readonly settings: ServiceSettings;
  readonly configuration: ConfigurationProvider;
  readonly metadata: MetadataStore;
  readonly blobs: BlobStore;
  readonly uploads: UploadService;
  readonly rotator: Rotator;
  readonly verification: VerificationJob;
  readonly sweep: StorageSweep;
  readonly tokens: TokenService;
  readonly sessions: SessionService;
  readonly logins: LoginService;
  readonly limiters: RateLimiters;
  readonly recorder: AuditRecorder;
  readonly metrics: RepositoryMetrics;
  /** All metrics as text, up to date. */
  renderMetrics(): Promise<string>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stopping: () => boolean;
  /** Writes to the audit log; a failure is logged and stops nothing. */
  audit(entry: AuditEntry): Promise<void>;
}
