import { createAccessKeyUse } from './access/access-key-use.ts';
import { createAuditRecorder } from './access/audit-recorder.ts';
import { createLoginService } from './access/login.ts';
import { createPasswordVerifier } from './access/passwords.ts';
import { createRateLimiter } from './access/rate-limit.ts';
import { createSessionService } from './access/session.ts';
import { createTokenService } from './access/tokens.ts';
import { type Clock, systemClock } from './clock.ts';
import type { ConfigurationProvider } from './configuration/configuration-provider.ts';
import { createCollectionGauges } from './metrics/collection-gauges.ts';
import { createRepositoryMetrics, type RepositoryMetrics } from './metrics/repository-metrics.ts';
import type { RateLimits, RepositoryOptions } from './repository-options.ts';
import { Rotator } from './retention/rotator.ts';
import type { RateLimiters, ServiceSettings, Services } from './services.ts';
import { StorageSweep } from './sweep/storage-sweep.ts';
import { UploadService } from './uploads/upload-service.ts';
import { createReadPace } from './verification/read-pace.ts';
import { VerificationJob } from './verification/verification-job.ts';
import { Verifier } from './verification/verifier.ts';

const hour = 3_600_000;
const minute = 60_000;
const millisecondsPerSecond = 1000;
const mebibyte = 1024 * 1024;

const limitersOf = (limits: Partial<RateLimits>, clock: Clock): RateLimiters => ({
  default: createRateLimiter(limits.default ?? 5, millisecondsPerSecond, clock),
  auth: createRateLimiter(limits.auth ?? 10, minute, clock),
  collectionHealth: createRateLimiter(limits.collectionHealth ?? 10, minute, clock),
  serverHealth: createRateLimiter(limits.serverHealth ?? 160, minute, clock),
});

const settingsOf = (options: RepositoryOptions): ServiceSettings => ({
  healthCheckKey: options.healthCheckKey ?? '',
  metricsToken: options.metricsToken ?? '',
  auditRetention: options.auditRetention || undefined,
  tokenLifetime: options.tokenLifetime ?? 6 * hour,
  maxTokenLifetime: options.maxTokenLifetime ?? 87_600 * hour,
  uploadGrace: options.uploadGrace ?? 2000,
  uploadTimeout: options.uploadTimeout,
  downloadTimeout: options.downloadTimeout,
  storageTimeout: options.storageTimeout,
  storageCheckTimeout: options.storageCheckTimeout ?? 5000,
  verifyPeriod: options.verifyPeriod === 0 ? undefined : (options.verifyPeriod ?? 30 * 24 * hour),
  timeZone: options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
});

/** One that cannot be used is defined nevertheless. */
const isDefined = async (configuration: ConfigurationProvider, collection: string): Promise<boolean> =>
  (await configuration.documents.find('BackupCollection', collection)) !== undefined;

const careOf = (options: RepositoryOptions, clock: Clock, metrics: RepositoryMetrics) => {
  const { metadata, blobs, logger } = options;
  const pace = createReadPace(options.verifyRate ?? 32 * mebibyte);
  const period = options.verifyPeriod || 30 * 24 * hour;
  const grace = options.orphanGrace ?? 24 * hour;
  return {
    rotator: new Rotator({ metadata, blobs, clock, logger, onRotated: () => metrics.versionRotated() }),
    verification: new VerificationJob({
      metadata,
      clock,
      logger,
      period,
      verifier: new Verifier({
        ...{ metadata, blobs, clock, logger, pace },
        onVerified: (_version, result) => metrics.versionVerified(result),
      }),
    }),
    sweep: new StorageSweep({
      metadata,
      blobs,
      clock,
      logger,
      grace,
      removes: options.removeOrphans ?? false,
      isDefined: (collection) => isDefined(options.configuration, collection),
      onSwept: (result) => metrics.storageSwept(result),
    }),
  };
};

/** Everything the features are made of, from the options of the server. */
export const createServices = (options: RepositoryOptions, stopping: () => boolean): Services => {
  const { configuration, metadata, blobs, logger } = options;
  const clock = options.clock ?? systemClock;
  const enforceAddresses = options.enforceAddresses ?? true;
  const tokens = createTokenService(options.jwtKey);
  const metrics = createRepositoryMetrics();
  const refresh = createCollectionGauges({ registry: metrics.registry, usage: metadata.usage, configuration, logger });
  const noteUse = createAccessKeyUse({ keys: metadata.accessKeys, clock, logger });
  const recorder = createAuditRecorder({ log: metadata.audit, clock, logger });
  return {
    settings: settingsOf(options),
    configuration,
    metadata,
    blobs,
    uploads: new UploadService({
      ...{ metadata, blobs, clock, logger },
      idleTimeout: options.idleTimeout ?? 15 * minute,
      turnTimes: options.turnTimes,
    }),
    ...careOf(options, clock, metrics),
    metrics,
    renderMetrics: async () => {
      await refresh();
      return await metrics.registry.metrics();
    },
    tokens,
    sessions: createSessionService({
      tokens,
      sessions: metadata.sessions,
      accessKeys: metadata.accessKeys,
      noteUse,
      configuration,
      clock,
      enforceAddresses,
    }),
    logins: createLoginService({
      configuration,
      accessKeys: metadata.accessKeys,
      noteUse,
      passwords: createPasswordVerifier(),
      clock,
      enforceAddresses,
      onProblem: (error) => logger.error({ err: error }, 'the account of a login cannot be used'),
    }),
    limiters: limitersOf(options.rateLimits ?? {}, clock),
    clock,
    logger,
    stopping,
    recorder,
    audit: (entry) => recorder.record(entry),
  };
};
