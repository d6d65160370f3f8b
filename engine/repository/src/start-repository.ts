import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { createAccessKeyUse } from './access/access-key-use.ts';
import { createAuditRecorder } from './access/audit-recorder.ts';
import { createAddressSet } from './access/ip-rules.ts';
import { createLoginService } from './access/login.ts';
import { createPasswordVerifier } from './access/passwords.ts';
import { createRateLimiter } from './access/rate-limit.ts';
import { createSessionService } from './access/session.ts';
import { createTokenService } from './access/tokens.ts';
import type { BlobStore } from './blobs/blob-store.ts';
import { type Clock, later, systemClock } from './clock.ts';
import type { ConfigurationProvider } from './configuration/configuration-provider.ts';
import { drained } from './drain.ts';
import { auditRoutes } from './features/audit-routes.ts';
import { authRoutes } from './features/auth-routes.ts';
import { healthRoutes } from './features/health-routes.ts';
import { accessKeyRoutes } from './features/management/access-key-routes.ts';
import { collectionRoutes } from './features/management/collection-routes.ts';
import { userRoutes } from './features/management/user-routes.ts';
import { openApiRoute } from './features/openapi-routes.ts';
import { storageSweepRoutes } from './features/storage-sweep-routes.ts';
import { uploadRoutes } from './features/upload-routes.ts';
import { versionCareRoutes } from './features/version-care-routes.ts';
import { versionRoutes } from './features/version-routes.ts';
import { createDecisionRecord } from './http/decision-record.ts';
import { createRepositoryServer } from './http/repository-server.ts';
import { createRouter } from './http/router.ts';
import { createTransferGate, type TransferGate } from './http/transfer-gate.ts';
import type { MetadataStore } from './metadata/metadata-store.ts';
import { Rotator } from './retention/rotator.ts';
import type { RateLimiters, ServiceSettings, Services } from './services.ts';
import { startMaintenance } from './sweep/maintenance.ts';
import { StorageSweep } from './sweep/storage-sweep.ts';
import { UploadService } from './uploads/upload-service.ts';
import { createReadPace } from './verification/read-pace.ts';
import { VerificationJob } from './verification/verification-job.ts';
import { Verifier } from './verification/verifier.ts';

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
  readonly clock?: Clock;
}

export interface RunningRepository {
  readonly url: string;
  /** Takes no new uploads, lets running ones finish within the drain time, ends the rest cleanly. Idempotent. */
  stop(): Promise<void>;
}

const hour = 3_600_000;
const minute = 60_000;
/** Audit entries of one address about requests that show no identity. */
const strangersPerMinute = 60;
const sweepInterval = 30_000;
const keepSettled = 30 * 24 * hour;
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

const careOf = (options: RepositoryOptions, clock: Clock) => {
  const { metadata, blobs, logger } = options;
  const pace = createReadPace(options.verifyRate ?? 32 * mebibyte);
  const period = options.verifyPeriod || 30 * 24 * hour;
  const grace = options.orphanGrace ?? 24 * hour;
  return {
    rotator: new Rotator({ metadata, blobs, clock, logger }),
    verification: new VerificationJob({
      metadata,
      clock,
      logger,
      period,
      verifier: new Verifier({ metadata, blobs, clock, logger, pace }),
    }),
    sweep: new StorageSweep({ metadata, blobs, clock, logger, grace, removes: options.removeOrphans ?? false }),
  };
};

const createServices = (options: RepositoryOptions, stopping: () => boolean): Services => {
  const { configuration, metadata, blobs, logger } = options;
  const clock = options.clock ?? systemClock;
  const enforceAddresses = options.enforceAddresses ?? true;
  const tokens = createTokenService(options.jwtKey);
  const noteUse = createAccessKeyUse({ keys: metadata.accessKeys, clock, logger });
  const recorder = createAuditRecorder({ log: metadata.audit, clock, logger });
  return {
    settings: settingsOf(options),
    configuration,
    metadata,
    blobs,
    uploads: new UploadService({ metadata, blobs, clock, logger, idleTimeout: options.idleTimeout ?? 15 * minute }),
    ...careOf(options, clock),
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

/** What a process that died left open is ended before anything new begins. */
const recover = async ({ metadata, uploads, rotator }: Services): Promise<void> => {
  if (metadata.exclusive) {
    await metadata.locks.releaseAll();
  }
  await uploads.sweep({ allOpen: metadata.exclusive });
  await rotator.removeRetired();
};

const startSweeping = (services: Services): (() => Promise<void>) => {
  const { metadata, uploads, rotator, clock, logger } = services;
  let running: Promise<void> = Promise.resolve();
  const sweep = async (): Promise<void> => {
    try {
      await uploads.sweep();
      await rotator.removeRetired();
      await metadata.sessions.purgeExpired(later(clock.now(), -keepSettled));
      await metadata.uploads.purge(later(clock.now(), -keepSettled));
    } catch (error) {
      logger.error({ err: error }, 'the sweep failed, it is repeated');
    }
  };
  const timer = setInterval(() => {
    running = running.then(sweep);
  }, sweepInterval);
  return async () => {
    clearInterval(timer);
    await running;
  };
};

const routerOf = (services: Services) => {
  const routes = [
    ...authRoutes(services),
    ...userRoutes(services),
    ...accessKeyRoutes(services),
    ...collectionRoutes(services),
    ...auditRoutes(services),
    ...versionRoutes(services),
    ...uploadRoutes(services),
    ...healthRoutes(services),
    ...versionCareRoutes(services),
    ...storageSweepRoutes(services),
  ];
  return createRouter([...routes, openApiRoute(services, routes)]);
};

const urlOf = (address: AddressInfo | string | null): string => {
  if (address === null || typeof address === 'string') {
    throw new Error('The server listens on no port');
  }
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
};

interface Running {
  readonly services: Services;
  readonly listener: ReturnType<typeof createRepositoryServer>;
  readonly gate: TransferGate;
  readonly stopSweeping: () => Promise<void>;
  readonly stopMaintenance: () => Promise<void>;
  readonly drainTime: number;
}

const shutDown = async ({
  services,
  listener,
  gate,
  stopSweeping,
  stopMaintenance,
  drainTime,
}: Running): Promise<void> => {
  const { uploads, metadata } = services;
  gate.close();
  await drained(() => listener.active() === 0 && uploads.unsettled === 0, drainTime);
  const closed = once(listener.server, 'close');
  listener.server.close();
  listener.abortAll();
  await drained(() => listener.active() === 0, 1000);
  listener.server.closeAllConnections();
  await closed;
  await drained(() => listener.active() === 0, 5000);
  await stopMaintenance();
  await stopSweeping();
  try {
    await uploads.sweep({ allOpen: metadata.exclusive });
  } catch (error) {
    services.logger.error({ err: error }, 'the last sweep failed, the next start repeats it');
  } finally {
    await services.recorder.close();
    await metadata.close();
  }
};

/** Starts the server. Rejects when it cannot listen, when the key is empty or when the stores cannot be used. */
export const startRepository = async (options: RepositoryOptions): Promise<RunningRepository> => {
  let stopped: Promise<void> | undefined;
  const services = createServices(options, () => stopped !== undefined);
  const trustedProxies = createAddressSet(options.trustedProxies ?? []);
  if (trustedProxies.invalid.length > 0) {
    throw new Error(`These trusted proxies are no addresses or ranges: ${trustedProxies.invalid.join(', ')}`);
  }
  await options.blobs.check();
  await recover(services);
  const gate = createTransferGate(options.maxTransfers ?? 256);
  const listener = createRepositoryServer({
    router: routerOf(services),
    sessions: services.sessions,
    trustedProxies,
    gate,
    smallBodyTime: options.smallBodyTimeout ?? 30_000,
    logger: options.logger,
    decided: createDecisionRecord(services.recorder, createRateLimiter(strangersPerMinute, minute, services.clock)),
    idleTimeout: options.idleTimeout ?? 15 * minute,
    stopping: services.stopping,
  });
  listener.server.listen({ port: options.port, ...(options.host === '' ? {} : { host: options.host }) });
  await once(listener.server, 'listening');
  // Without a listener, a failure to accept one connection would end the process.
  listener.server.on('error', (error) => options.logger.error({ err: error }, 'a connection could not be accepted'));
  const stopSweeping = startSweeping(services);
  const stopMaintenance = startMaintenance({
    ...services,
    verification: services.settings.verifyPeriod === undefined ? undefined : services.verification,
    sweepInterval: options.sweepInterval ?? 24 * hour,
  });
  const running = { services, listener, gate, stopSweeping, stopMaintenance, drainTime: options.drainTime ?? 20_000 };
  return {
    url: urlOf(listener.server.address()),
    stop: () => {
      stopped ??= shutDown(running);
      return stopped;
    },
  };
};
