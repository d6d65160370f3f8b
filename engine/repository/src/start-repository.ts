import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAddressSet } from './access/ip-rules.ts';
import { createRateLimiter } from './access/rate-limit.ts';
import { later } from './clock.ts';
import { createServices } from './create-services.ts';
import { drained } from './drain.ts';
import { createDecisionRecord } from './http/decision-record.ts';
import { createRepositoryServer } from './http/repository-server.ts';
import { createRouter } from './http/router.ts';
import { createTransferGate, type TransferGate } from './http/transfer-gate.ts';
import { registerLoadGauges } from './metrics/load-gauges.ts';
import { type MetricsListener, startMetricsListener } from './metrics/metrics-listener.ts';
import type { RepositoryOptions } from './repository-options.ts';
import { repositoryRoutes } from './repository-routes.ts';
import type { Services } from './services.ts';
import { startMaintenance } from './sweep/maintenance.ts';

export interface RunningRepository {
  readonly url: string;
  /** Of the address that only has metrics. */
  readonly metricsPort?: number | undefined;
  /** Takes no new uploads, lets running ones finish within the drain time, ends the rest cleanly. Idempotent. */
  stop(): Promise<void>;
}

const hour = 3_600_000;
const minute = 60_000;
/** Audit entries of one address about requests that show no identity. */
const strangersPerMinute = 60;
const sweepInterval = 30_000;
const keepSettled = 30 * 24 * hour;

/** What a process that died left open is ended before anything new begins. */
const recover = async ({ metadata, uploads, rotator }: Services): Promise<void> => {
  if (metadata.exclusive) {
    await metadata.locks.releaseAll();
  }
  await uploads.sweep({ allOpen: metadata.exclusive });
  await rotator.removeRetired();
};

const startSweeping = (services: Services): (() => Promise<void>) => {
  const { metadata, uploads, rotator, clock, logger, settings } = services;
  let running: Promise<void> = Promise.resolve();
  const sweep = async (): Promise<void> => {
    try {
      await uploads.sweep();
      await rotator.removeRetired();
      await metadata.sessions.purgeExpired(later(clock.now(), -keepSettled));
      await metadata.uploads.purge(later(clock.now(), -keepSettled));
      if (settings.auditRetention !== undefined) {
        await metadata.audit.purge(later(clock.now(), -settings.auditRetention));
      }
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
  readonly metricsListener: MetricsListener | undefined;
  readonly drainTime: number;
}

const shutDown = async ({
  services,
  listener,
  gate,
  stopSweeping,
  stopMaintenance,
  metricsListener,
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
  await metricsListener?.stop();
  await stopMaintenance();
  await stopSweeping();
  try {
    await uploads.sweep({ allOpen: metadata.exclusive });
  } catch (error) {
    services.logger.error({ err: error }, 'the last sweep failed, the next start repeats it');
  } finally {
    uploads.stop();
    await services.recorder.close();
    await metadata.close();
  }
};

const startMetrics = async (options: RepositoryOptions, services: Services): Promise<MetricsListener | undefined> =>
  options.metricsListen &&
  (await startMetricsListener({ ...options.metricsListen, render: services.renderMetrics, logger: services.logger }));

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
    router: createRouter(repositoryRoutes(services)),
    sessions: services.sessions,
    trustedProxies,
    gate,
    smallBodyTime: options.smallBodyTimeout ?? 30_000,
    logger: options.logger,
    rateLimited: (route) => services.metrics.rateLimited(route),
    finished: (request) => services.metrics.requestFinished(request),
    decided: createDecisionRecord(services.recorder, createRateLimiter(strangersPerMinute, minute, services.clock)),
    idleTimeout: options.idleTimeout ?? 15 * minute,
    stopping: services.stopping,
  });
  listener.server.listen({ port: options.port, ...(options.host === '' ? {} : { host: options.host }) });
  await once(listener.server, 'listening');
  // Without a listener, a failure to accept one connection would end the process.
  listener.server.on('error', (error) => options.logger.error({ err: error }, 'a connection could not be accepted'));
  registerLoadGauges(services.metrics.registry, { requests: listener.active, transfers: gate.running });
  const metricsListener = await startMetrics(options, services).catch((error: unknown) => {
    listener.server.close();
    throw error;
  });
  const stopSweeping = startSweeping(services);
  const stopMaintenance = startMaintenance({
    ...services,
    verification: services.settings.verifyPeriod === undefined ? undefined : services.verification,
    sweepInterval: options.sweepInterval ?? 24 * hour,
  });
  const drainTime = options.drainTime ?? 20_000;
  const running = { services, listener, gate, stopSweeping, stopMaintenance, metricsListener, drainTime };
  return {
    url: urlOf(listener.server.address()),
    metricsPort: metricsListener?.port,
    stop: () => {
      stopped ??= shutDown(running);
      return stopped;
    },
  };
};
