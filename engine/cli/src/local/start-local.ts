import fs from 'node:fs';
import { startConsole } from '@backstay/bff';
import { startController } from '@backstay/controller';
import { createKubeClient, type KubeClient } from '@backstay/kubernetes';
import { type LocalCluster, startLocalCluster } from '@backstay/local-cluster';
import {
  createKubernetesProvider,
  openFilesystemBlobs,
  openSqliteMetadata,
  startRepository,
} from '@backstay/repository';
import type { Logger } from 'pino';
import { type Endpoints, homeLayout } from '../home-layout.ts';
import { keptPort, keptSecret, writeDurably } from '../kept-values.ts';
import type { SettingsOf, startSettings } from '../settings.ts';
import { consoleUser, prepareCluster, repositoryNamespace } from './prepare-cluster.ts';
import { type ServiceName, serviceAccountName } from './service-roles.ts';
import { makeToolFolder } from './tool-folder.ts';

export type StartSettings = SettingsOf<typeof startSettings>;

export interface LocalBackstay {
  /** URL of the console. */
  readonly url: string;
  readonly signInLink: string;
  /** Stops every part, the youngest first. What was acknowledged stays; running jobs are ended and marked. */
  stop(): Promise<void>;
}

export interface StartLocalOptions {
  settings: StartSettings;
  /** The built `backup-maker`, which Pods run. */
  backupMaker: string;
  webRoot: string;
  logger: Logger;
}

interface Stoppable {
  stop(): Promise<void>;
}

/** Starts the whole system on one machine: cluster, repository, controller, console. The caller holds the lock of the home. */
export async function startLocal(options: StartLocalOptions): Promise<LocalBackstay> {
  const started: Stoppable[] = [];
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0).reverse()) await part.stop();
  };
  try {
    return { ...(await startParts(options, started)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(options: StartLocalOptions, started: Stoppable[]): Promise<Omit<LocalBackstay, 'stop'>> {
  const { settings, logger } = options;
  const keep = <Part extends Stoppable>(part: Part): Part => {
    started.push(part);
    return part;
  };
  const clients: KubeClient[] = [];
  keep({ stop: async () => void (await Promise.all(clients.map((client) => client.close()))) });
  const cluster = keep(await startCluster(options));
  const as = (token: string): KubeClient => {
    const client = createKubeClient({ server: cluster.url, caCertificate: cluster.caCertificate, token });
    clients.push(client);
    return client;
  };
  const service = (name: ServiceName): KubeClient => as(serviceToken(cluster, name));

  const passwordFile = homeLayout(settings.home).consolePassword;
  const isNew = !fs.existsSync(passwordFile);
  const password = keptSecret(passwordFile);
  await prepareCluster(as(cluster.adminToken), { text: password, isNew });

  const repository = keep(await startLocalRepository(options, service('repository')));
  keep(await startController({ client: service('controller'), logger: logger.child({ part: 'controller' }) }));
  const console = keep(
    await startConsole({
      host: settings.host,
      port: settings.port,
      mode: 'local',
      clusterName: 'this machine',
      client: service('console'),
      localUser: { name: 'admin', groups: ['system:masters'], token: cluster.adminToken },
      databaseFile: homeLayout(settings.home).consoleDatabase,
      repository: {
        url: repository.url,
        jobUrl: repository.url,
        namespace: repositoryNamespace,
        username: consoleUser,
        password,
      },
      webRoot: options.webRoot,
      logger: logger.child({ part: 'console' }),
    }),
  );
  const endpoints: Endpoints = { console: console.url, kubernetes: cluster.url, repository: repository.url };
  writeDurably(homeLayout(settings.home).endpoints, `${JSON.stringify(endpoints, null, 2)}\n`);
  return { url: console.url, signInLink: `${console.url}/sign-in#${console.createSignInCode()}` };
}

const serviceToken = (cluster: LocalCluster, name: ServiceName): string =>
  cluster.issueToken({
    name: serviceAccountName(name),
    groups: ['system:serviceaccounts', 'system:serviceaccounts:backstay-system', 'system:authenticated'],
  });

const loopback = '127.0.0.1';

/** Jobs and the controller run on this machine: the cluster and the repository never listen anywhere else. */
async function startCluster({ settings, backupMaker, logger }: StartLocalOptions): Promise<LocalCluster> {
  const layout = homeLayout(settings.home);
  const port = await keptPort(layout.clusterPort, {
    host: loopback,
    asked: settings.kubernetesPort,
    preferred: nextTo(settings.port, 1),
  });
  return startLocalCluster({
    home: layout.cluster,
    host: loopback,
    port,
    logger: logger.child({ part: 'cluster' }),
    podPath: [makeToolFolder(settings.home, backupMaker)],
    kubeconfigPath: layout.kubeconfig,
  });
}

async function startLocalRepository({ settings, logger }: StartLocalOptions, client: KubeClient) {
  const layout = homeLayout(settings.home);
  const port = await keptPort(layout.repositoryPort, {
    host: loopback,
    asked: settings.repositoryPort,
    preferred: nextTo(settings.port, 2),
  });
  return startRepository({
    host: loopback,
    port,
    configuration: createKubernetesProvider(client, repositoryNamespace),
    metadata: await openSqliteMetadata(layout.repositoryDatabase),
    blobs: await openFilesystemBlobs(layout.repositoryBlobs),
    jwtKey: keptSecret(layout.repositoryKey),
    // Every client of one machine has the same address: a limit per address would be one for all.
    rateLimits: { default: 0, auth: 0, collectionHealth: 0, serverHealth: 0 },
    logger: logger.child({ part: 'repository' }),
  });
}

const nextTo = (port: number, offset: number): number => (port === 0 || port + offset > 65_535 ? 0 : port + offset);
