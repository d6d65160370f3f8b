import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient } from '@backstay/kubernetes';
import type { Request } from 'express';
import type { Logger } from 'pino';
import manifest from '../package.json' with { type: 'json' };
import { createApp } from './app.ts';
import { addBackupRoutes } from './features/backups/routes.ts';
import { addClusterRoutes } from './features/cluster/routes.ts';
import { addEventRoutes } from './features/events/routes.ts';
import { addJobRoutes } from './features/jobs/routes.ts';
import { addProcedureRoutes } from './features/procedures/routes.ts';
import { addRestoreRoutes } from './features/restores/routes.ts';
import { addScheduleRoutes } from './features/schedules/routes.ts';
import { addSessionRoutes } from './features/session/routes.ts';
import type { Endpoints } from './http/handle.ts';
import { contextOf } from './http/request-context.ts';
import type { Identity } from './identity/identity.ts';
import { type SessionCookie, sessionCookie } from './identity/session-cookie.ts';
import { cachesFresh, cachesSynced } from './kubernetes/cluster-caches.ts';
import { createServices, type Services } from './services.ts';

export interface ConsoleOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  /** kubernetes: people sign in with a token of the cluster, and a proxy in front ends TLS. */
  mode: 'local' | 'kubernetes';
  clusterName: string;
  /** The console's own account: it may watch what people may see together, and needs no right to Secrets. */
  client: KubeClient;
  /** Who a sign-in code stands for. Needed in local mode. */
  localUser?: Identity;
  /** SQLite file; logs of finished jobs are kept in `job-logs` beside it. */
  databaseFile: string;
  repository: {
    url: string;
    /** The same as Jobs reach it. */
    jobUrl: string;
    /** Where BackupCollections live. */
    namespace: string;
    username: string;
    password: string;
  };
  /** Folder of the built web app. */
  webRoot: string;
  logger: Logger;
}

export interface Console {
  url: string;
  /** A code for one sign-in within 24 hours, for `<url>/sign-in#<code>`. */
  createSignInCode(): string;
  /** Ends streams, lets other requests finish for two seconds, closes everything. */
  stop(): Promise<void>;
}

const syncMilliseconds = 10_000;
const drainMilliseconds = 2_000;
const idleMilliseconds = 20;
const pruneMilliseconds = 3_600_000;

/** Starts the console. Resolves when it listens and knows the cluster, or after ten seconds without an answer of it. */
export async function startConsole(options: ConsoleOptions): Promise<Console> {
  if (options.mode === 'local' && options.localUser === undefined) throw new Error('Local mode needs a local user.');
  const { client, databaseFile, repository, logger } = options;
  const localUser = options.mode === 'local' ? options.localUser : undefined;
  const services = createServices({ client, localUser, databaseFile, repository, logger, now: () => Date.now() });
  const state = { port: options.port, synced: false };
  const stopping = new AbortController();
  const syncing = prepare(services, state, options);
  const cookie = sessionCookie(() => state.port);
  const app = createApp({
    ...{
      logger,
      mode: options.mode,
      host: options.host,
      webRoot: options.webRoot,
      sessions: services.sessions,
      cookie,
    },
    port: () => state.port,
    audit: auditHook(services, logger),
    addRoutes: (endpoints) => addAllRoutes(endpoints, { services, options, state, cookie, stopping: stopping.signal }),
  });
  const server = createServer({ requestTimeout: 60_000, headersTimeout: 15_000 }, app);
  state.port = await listen(server, options).catch(async (error: unknown) => {
    await services.stop();
    throw error;
  });
  await Promise.race([syncing, delay(syncMilliseconds, undefined, { ref: false })]);
  const pruning = setInterval(() => void prune(services, logger), pruneMilliseconds);
  pruning.unref();
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${state.port}`,
    createSignInCode: () => services.codes.create(),
    stop: async () => {
      clearInterval(pruning);
      stopping.abort();
      await close(server);
      await services.stop();
    },
  };
}

interface State {
  port: number;
  synced: boolean;
}

async function prepare(services: Services, state: State, { logger }: ConsoleOptions): Promise<void> {
  try {
    await cachesSynced(services.caches);
    await services.jobs.restore();
    services.feed.start();
    await services.archiver.start();
    state.synced = true;
  } catch (error) {
    logger.error({ err: error }, 'cannot read the cluster');
  }
}

interface Wiring {
  services: Services;
  options: ConsoleOptions;
  state: State;
  cookie: SessionCookie;
  stopping: AbortSignal;
}

function addAllRoutes(endpoints: Endpoints, { services, options, state, cookie, stopping }: Wiring): void {
  const { access, backups, caches, jobs, procedures, restores, ring, schedules, sessions } = services;
  const { client, clusterName, mode, repository } = options;
  addSessionRoutes(endpoints, {
    ...{ sessions, cookie, client, mode, clusterName },
    version: manifest.version,
    repository: { namespace: repository.namespace, jobUrl: repository.jobUrl },
    resourcesInstalled: () => state.synced,
    fresh: () => cachesFresh(caches),
  });
  addClusterRoutes(endpoints, { access, caches });
  addScheduleRoutes(endpoints, schedules);
  addJobRoutes(endpoints, jobs);
  addProcedureRoutes(endpoints, procedures);
  addBackupRoutes(endpoints, backups);
  addRestoreRoutes(endpoints, restores);
  addEventRoutes(endpoints, {
    ...{ ring, sessions, stopping },
    visible: async (identity) => ({
      schedules: await schedules.scope(identity),
      jobs: await jobs.scope(identity),
      collections: await backups.maySee(identity),
    }),
  });
}

const auditHook =
  ({ audit }: Services, logger: Logger) =>
  (request: Request, outcome: string): void => {
    const { requestId, routePath = '', session } = contextOf(request);
    const { namespace, name } = { ...bodyNames(request), ...request.params };
    const entry = {
      ...{ user: session?.identity.name ?? '', action: `${request.method} ${routePath}`, outcome, requestId },
      ...{ namespace: String(namespace ?? ''), name: String(name ?? '') },
    };
    audit.write(entry).catch((error: unknown) => logger.error({ err: error }, 'cannot write the audit log'));
  };

// What was asked for by name only: bodies hold secrets.
function bodyNames(request: Request): { namespace?: unknown; name?: unknown } {
  const body = request.body as {
    form?: { namespace?: unknown; name?: unknown };
    namespace?: unknown;
    schedule?: unknown;
  };
  return body?.form
    ? { namespace: body.form.namespace, name: body.form.name }
    : { namespace: body?.namespace, name: body?.schedule };
}

async function prune({ audit, archive, records, sessions }: Services, logger: Logger): Promise<void> {
  try {
    await sessions.prune();
    await audit.prune();
    for (const id of await records.prune()) await archive.remove(id);
  } catch (error) {
    logger.error({ err: error }, 'cannot prune the history');
  }
}

async function listen(server: Server, { host, port }: ConsoleOptions): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // Connections that fall idle later are not closed by `close` itself.
  const idle = setInterval(() => server.closeIdleConnections(), idleMilliseconds);
  await Promise.race([closed, delay(drainMilliseconds, undefined, { ref: false })]);
  clearInterval(idle);
  server.closeAllConnections();
  await closed;
}
