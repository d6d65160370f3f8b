import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { Rbac } from './auth/rbac.ts';
import { RoleAggregation } from './auth/role-aggregation.ts';
import { ServiceAccountTokens } from './auth/service-account-tokens.ts';
import { StaticTokens } from './auth/tokens.ts';
import { ApiServer } from './http/api-server.ts';
import { isAnyAddress, servingCertificate } from './pki.ts';
import type { PodLogs } from './pods/pod-logs.ts';
import type { ObjectRegistry } from './registry/object-registry.ts';

export interface StartApiOptions {
  registry: ObjectRegistry;
  logs: PodLogs;
  pkiFolder: string;
  host: string;
  port: number;
  logger: Logger;
}

export interface RunningApi {
  url: string;
  caCertificate: string;
  adminToken: string;
  issueToken(user: { name: string; groups: readonly string[] }): string;
  stop(): Promise<void>;
}

/** Serves the Kubernetes API of a registry over TLS. */
export async function startApi(options: StartApiOptions): Promise<RunningApi> {
  const { registry, logs, pkiFolder, host, port, logger } = options;
  const tokens = new StaticTokens(pkiFolder);
  const accountTokens = new ServiceAccountTokens({
    pkiFolder,
    clock: registry.clock,
    lookup: (resource, namespace, name) => registry.get(resource, namespace, name),
  });
  const { ca, certificate, key } = await servingCertificate(pkiFolder, { clock: registry.clock, host });
  const aggregation = new RoleAggregation(registry);
  const rbac = new Rbac(registry);
  const api = new ApiServer({
    registry,
    logs,
    accountTokens,
    rbac,
    tokens: [tokens, accountTokens],
    onError: (error, request) => logger.error({ err: error, ...request }, 'a request to the cluster failed'),
  });
  const server = https.createServer({ cert: certificate, key, keepAliveTimeout: 60_000 }, (request, response) => {
    api.handle(request, response).catch((error: unknown) => {
      logger.error({ err: error }, 'a request to the cluster could not be answered');
      response.destroy();
    });
  });
  await listen(server, { host, port });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `https://${isAnyAddress(host) ? '127.0.0.1' : host}:${bound}`,
    caCertificate: ca,
    adminToken: tokens.adminToken,
    issueToken: (user) => tokens.issue(user),
    stop: async () => {
      rbac.stop();
      aggregation.stop();
      await close(server);
    },
  };
}

function listen(server: https.Server, address: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Watches and followed logs never end by themselves: they are cut. */
function close(server: https.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
