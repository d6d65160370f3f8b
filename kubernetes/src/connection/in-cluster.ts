import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bearer, type Connection } from './connection.ts';
import { tokenFile } from './token-file.ts';

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

type Environment = Readonly<Record<string, string | undefined>>;

export const isInCluster = (environment: Environment, folder = serviceAccountFolder): boolean =>
  Boolean(environment['KUBERNETES_SERVICE_HOST']) && existsSync(join(folder, 'token'));

/** The service account that Kubernetes mounts into every Pod. */
export const inClusterConnection = (environment: Environment, folder = serviceAccountFolder): Connection => {
  const host = environment['KUBERNETES_SERVICE_HOST'];
  if (!host) {
    throw new Error('Not inside a Kubernetes Pod: KUBERNETES_SERVICE_HOST is not set. Name a kubeconfig instead.');
  }
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443';
  const token = tokenFile(join(folder, 'token'));
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    tls: async () => ({ ca: await readFile(join(folder, 'ca.crt'), 'utf8') }),
    authorization: async () => bearer(await token()),
  };
};
