import { PassThrough } from 'node:stream';
import { runRepositoryCommand } from '../run-repository-command.ts';
import type { RunningRepository } from '../start-repository.ts';
import { account, type OldInstallation, oldKey } from './old-installation.ts';

/** Starts this server on what the old one left, by the flags and variables that the old one had. */
export const takeOver = async (
  old: OldInstallation,
  storage: NodeJS.ProcessEnv = { BR_STORAGE_DRIVER_URL: `file://${old.bucket}` },
): Promise<RunningRepository> => {
  const stderr = new PassThrough();
  const { running } = await runRepositoryCommand({
    argv: ['--provider=filesystem', '--namespace=backups', '--listen=127.0.0.1:0', '--rate-default-limit=0'],
    env: {
      BR_DB_HOSTNAME: '127.0.0.1',
      BR_DB_PORT: String(old.postgres.port),
      BR_DB_USERNAME: account.user,
      BR_DB_NAME: account.database,
      BR_JWT_SECRET_KEY: oldKey,
      BR_CONFIG_LOCAL_PATH: old.configuration,
      BR_LOG_LEVEL: 'error',
      ...storage,
    },
    stdout: new PassThrough(),
    stderr,
    createKubernetesClient: () => Promise.reject(new Error('no cluster here')),
  });
  if (running === undefined) {
    throw new Error(`The server does not start: ${String(stderr.read())}`);
  }
  return running;
};
