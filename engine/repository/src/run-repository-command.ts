import type { Writable } from 'node:stream';
import type { KubeClient } from '@backstay/kubernetes';
import { harmlessLogging } from '@backstay/shared';
import { type Logger, pino } from 'pino';
import { encodePassword } from './access/passwords.ts';
import { sha256Hex } from './access/tokens.ts';
import type { ConfigurationProvider } from './configuration/configuration-provider.ts';
import { createFilesystemProvider } from './configuration/filesystem-provider.ts';
import { createKubernetesProvider } from './configuration/kubernetes-provider.ts';
import { type MetadataStore, openSqliteMetadata } from './metadata/metadata-store.ts';
import { openPostgresMetadata } from './metadata/postgres.ts';
import type { RepositorySettings } from './settings/definitions.ts';
import { openStorage } from './settings/open-storage.ts';
import { repositorySettings, repositoryUsage } from './settings/repository-settings.ts';
import { type RunningRepository, startRepository } from './start-repository.ts';

export interface RepositoryCommand {
  /** Without the name of the command. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Called only when the configuration comes from Kubernetes. */
  readonly createKubernetesClient: () => KubeClient | Promise<KubeClient>;
}

/** Either it is over, or it runs until `stop`. */
export type RepositoryCommandResult =
  | { readonly exitCode: number; readonly running?: undefined }
  | { readonly running: RunningRepository; readonly exitCode?: undefined };

const redactedPaths = [
  'authorization',
  '*.authorization',
  'password',
  '*.password',
  'token',
  '*.token',
  'code',
  '*.code',
];

const createLogger = (level: string, destination: Writable): Logger =>
  pino(
    { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, redact: redactedPaths, hooks: harmlessLogging },
    { write: (line: string) => void destination.write(line) },
  );

interface Configuration {
  readonly provider: ConfigurationProvider;
  close(): Promise<void>;
}

const configurationOf = async (command: RepositoryCommand, settings: RepositorySettings): Promise<Configuration> => {
  if (settings.provider === 'filesystem') {
    return {
      provider: createFilesystemProvider(settings.configLocalPath, settings.namespace),
      close: () => Promise.resolve(),
    };
  }
  const client = await command.createKubernetesClient();
  return { provider: createKubernetesProvider(client, settings.namespace), close: () => client.close() };
};

const metadataOf = (settings: RepositorySettings, logger: Logger): Promise<MetadataStore> =>
  settings.dbFile === ''
    ? openPostgresMetadata({
        host: settings.dbHostname,
        port: settings.dbPort,
        user: settings.dbUser,
        password: settings.dbPassword,
        database: settings.dbName,
        onError: (error) => logger.error({ err: error }, 'a connection to the database broke'),
      })
    : openSqliteMetadata(settings.dbFile);

const orNone = (milliseconds: number): number | undefined => (milliseconds === 0 ? undefined : milliseconds);

const serve = async (command: RepositoryCommand, settings: RepositorySettings): Promise<RunningRepository> => {
  const logger = createLogger(settings.logLevel, command.stderr);
  if (settings.healthCheckKey === '') {
    logger.warn('no health check key is set: everybody may ask /ready');
  }
  const blobs = await openStorage(settings, command.env);
  const configuration = await configurationOf(command, settings);
  const metadata = await metadataOf(settings, logger);
  try {
    const running = await startRepository({
      ...settings.listen,
      configuration: configuration.provider,
      metadata,
      blobs,
      jwtKey: settings.jwtSecretKey,
      logger,
      healthCheckKey: settings.healthCheckKey,
      metricsToken: settings.metricsToken,
      ...(settings.metricsListen === undefined ? {} : { metricsListen: settings.metricsListen }),
      auditRetention: settings.auditRetention,
      rateLimits: {
        default: settings.rateDefaultLimit,
        auth: settings.rateAuthLimit,
        collectionHealth: settings.rateCollectionHealthLimit,
        serverHealth: settings.rateServerHealthLimit,
      },
      tokenLifetime: settings.jwtLifetime,
      maxTokenLifetime: settings.jwtMaxLifetime,
      trustedProxies: settings.trustedProxies,
      enforceAddresses: settings.enforceIpRestrictions,
      idleTimeout: settings.httpIdleTimeout,
      uploadTimeout: orNone(settings.httpUploadTimeout),
      downloadTimeout: orNone(settings.httpDownloadTimeout),
      storageTimeout: orNone(settings.storageIoTimeout),
      storageCheckTimeout: settings.storageHealthTimeout,
      drainTime: settings.httpDrainTimeout,
      verifyPeriod: settings.verifyPeriod,
      verifyRate: settings.verifyRate,
      sweepInterval: settings.sweepInterval,
      orphanGrace: settings.orphanGrace,
      removeOrphans: settings.removeOrphans,
    });
    return { url: running.url, stop: () => running.stop().finally(() => configuration.close()) };
  } catch (error) {
    await metadata.close();
    await configuration.close();
    throw error;
  }
};

const oneShot = async (settings: RepositorySettings): Promise<string | undefined> => {
  if (settings.help) {
    return repositoryUsage();
  }
  if (settings.encodePassword !== undefined) {
    return `${await encodePassword(settings.encodePassword)}\n`;
  }
  return settings.hashJwt === undefined ? undefined : `${sha256Hex(settings.hashJwt)}\n`;
};

/** `backstay repository`: answers one question and ends, or starts the server. Problems go to `stderr`, with exit code 1. */
export const runRepositoryCommand = async (command: RepositoryCommand): Promise<RepositoryCommandResult> => {
  try {
    const settings = repositorySettings(command.env, command.argv);
    const answer = await oneShot(settings);
    if (answer !== undefined) {
      command.stdout.write(answer);
      return { exitCode: 0 };
    }
    return { running: await serve(command, settings) };
  } catch (error) {
    command.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return { exitCode: 1 };
  }
};
