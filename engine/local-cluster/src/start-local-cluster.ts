import fs from 'node:fs';
import path from 'node:path';
import type { Logger } from 'pino';
import { startControllers } from './controllers/start-controllers.ts';
import { localNodeName } from './kinds/pods.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { ensureNode } from './node-object.ts';
import { startPodRunner } from './pods/start-pod-runner.ts';
import { createRegistry } from './registry/create-registry.ts';
import { type RunningApi, startApi } from './start-api.ts';

export interface LocalClusterOptions {
  /** Folder of the cluster's state; made with mode 0700. One process at a time: the caller holds the lock. */
  home: string;
  /** Address to listen on. 127.0.0.1 unless other machines shall reach the API. */
  host: string;
  /** 0 takes a free port. */
  port: number;
  logger: Logger;
  /** Folders that come first in every Pod's PATH. */
  podPath?: string[];
  /** More variables for every Pod. */
  podEnvironment?: Record<string, string>;
  /** Where the administrator's kubeconfig is written, mode 0600. Default: `kubeconfig` in `home`. */
  kubeconfigPath?: string;
}

export interface LocalCluster {
  /** https://127.0.0.1:port */
  url: string;
  /** PEM. */
  caCertificate: string;
  adminToken: string;
  /** A token for a part of this process; it ends with the process. */
  issueToken(user: { name: string; groups: readonly string[] }): string;
  kubeconfigPath: string;
  /** Ends the API, the controllers and every Pod's process. */
  stop(): Promise<void>;
}

/** Starts the Kubernetes of one machine on the state in `home`. */
export async function startLocalCluster(options: LocalClusterOptions): Promise<LocalCluster> {
  const { home, host, port, logger, kubeconfigPath = path.join(home, 'kubeconfig') } = options;
  fs.mkdirSync(home, { recursive: true, mode: 0o700 });
  const registry = createRegistry({
    databaseFile: path.join(home, 'cluster.db'),
    onListenerError: (error) => logger.error({ err: error }, 'a controller of the local cluster failed'),
  });
  try {
    ensureNode(registry, registry.clock);
    const pods = startPodRunner({
      registry,
      home,
      logger,
      node: localNodeName,
      ...(options.podPath ? { path: options.podPath } : {}),
      ...(options.podEnvironment ? { environment: options.podEnvironment } : {}),
    });
    const controllers = startControllers({ registry, logger });
    const stopAll = async (api?: RunningApi) => {
      await api?.stop();
      await controllers.stop();
      await pods.stop();
    };
    const api = await startApi({
      registry,
      logs: pods.logs,
      pkiFolder: path.join(home, 'pki'),
      host,
      port,
      logger,
    }).catch(async (error: unknown) => {
      await stopAll();
      throw error;
    });
    writeKubeconfig(kubeconfigPath, { server: api.url, caCertificate: api.caCertificate, token: api.adminToken });
    const stop = async () => {
      await stopAll(api);
      registry.close();
    };
    return { ...pick(api), kubeconfigPath, stop };
  } catch (error) {
    registry.close();
    throw error;
  }
}

const pick = ({ url, caCertificate, adminToken, issueToken }: RunningApi) => ({
  url,
  caCertificate,
  adminToken,
  issueToken,
});
