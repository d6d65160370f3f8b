import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { bearer, type Connection, type ConnectionOptions, withoutTrailingSlash } from './connection.ts';
import { inClusterConnection, isInCluster } from './in-cluster.ts';
import { kubeconfigConnection } from './kubeconfig.ts';

const explicitConnection = (server: string, { caCertificate, token }: ConnectionOptions): Connection => ({
  server: withoutTrailingSlash(server),
  tls: () => Promise.resolve({ ca: caCertificate }),
  authorization: () => Promise.resolve(bearer(token)),
});

const defaultConnection = (environment: NodeJS.ProcessEnv, context?: string): Connection => {
  const candidates = [...(environment['KUBECONFIG'] ?? '').split(delimiter), join(homedir(), '.kube', 'config')];
  const path = candidates.find((candidate) => candidate !== '' && existsSync(candidate));
  if (path !== undefined) {
    return kubeconfigConnection(path, context);
  }
  if (isInCluster(environment)) {
    return inClusterConnection(environment);
  }
  throw new Error('No Kubernetes cluster is configured: set KUBECONFIG, name a kubeconfig, or run inside a Pod.');
};

/** The first that is given wins: server, inCluster, kubeconfig; else what kubectl would use, else the Pod's account. */
export const resolveConnection = (options: ConnectionOptions, environment = process.env): Connection => {
  if (options.server !== undefined) {
    return explicitConnection(options.server, options);
  }
  if (options.inCluster) {
    return inClusterConnection(environment);
  }
  return options.kubeconfig === undefined
    ? defaultConnection(environment, options.context)
    : kubeconfigConnection(options.kubeconfig, options.context);
};
