import { startConsole } from '@backstay/bff';
import { createKubeClient } from '@backstay/kubernetes';
import type { Command } from 'commander';
import { z } from 'zod';
import type { BuiltParts } from '../built-parts.ts';
import { kubernetesConnection } from '../kubernetes-connection.ts';
import { createJsonLogger } from '../logger.ts';
import { kubeconfigSetting, readSettings, startSettings } from '../settings.ts';
import { untilSignal } from '../until-signal.ts';
import { addOptions } from './options.ts';

const required = (what: string) => z.string(`must be set: ${what}`).min(1, `must be set: ${what}`);

/** Settings of `backstay console`. */
export const consoleSettings = {
  host: startSettings.host,
  port: startSettings.port,
  kubeconfig: kubeconfigSetting,
  clusterName: {
    flag: '--cluster-name <name>',
    env: 'BACKSTAY_CLUSTER_NAME',
    help: 'what people call the cluster (default: kubernetes)',
    schema: z.string().default('kubernetes'),
  },
  databaseFile: {
    flag: '--database-file <file>',
    env: 'BACKSTAY_DATABASE_FILE',
    help: 'SQLite file of sessions and job records (default: ./console.db)',
    schema: z.string().default('./console.db'),
  },
  repositoryUrl: {
    flag: '--repository-url <url>',
    env: 'BACKSTAY_REPOSITORY_URL',
    help: 'base URL of the repository',
    schema: required('the base URL of the repository'),
  },
  repositoryJobUrl: {
    flag: '--repository-job-url <url>',
    env: 'BACKSTAY_REPOSITORY_JOB_URL',
    help: 'the same as Jobs reach it (default: the repository URL)',
    schema: z.string().optional(),
  },
  repositoryNamespace: {
    flag: '--repository-namespace <name>',
    env: 'BACKSTAY_REPOSITORY_NAMESPACE',
    help: 'namespace of the collections (default: backups)',
    schema: z.string().default('backups'),
  },
  repositoryUser: {
    flag: '--repository-user <name>',
    env: 'BACKSTAY_REPOSITORY_USER',
    help: 'BackupUser that the console signs in with (default: backstay-console)',
    schema: z.string().default('backstay-console'),
  },
  repositoryPassword: {
    env: 'BACKSTAY_REPOSITORY_PASSWORD',
    help: 'password of that user',
    schema: required('the password of the user at the repository'),
  },
  logLevel: startSettings.logLevel,
} as const;

export function addConsoleCommand(program: Command, env: NodeJS.ProcessEnv, { webRoot }: BuiltParts): void {
  const command = program
    .command('console')
    .description(
      'run the console for a Kubernetes cluster; the password of its repository user is BACKSTAY_REPOSITORY_PASSWORD',
    );
  addOptions(command, consoleSettings).action((flags: Record<string, unknown>) => runConsole({ flags, env, webRoot }));
}

interface Asked {
  readonly flags: Record<string, unknown>;
  readonly env: NodeJS.ProcessEnv;
  readonly webRoot: string;
}

async function runConsole({ flags, env, webRoot }: Asked): Promise<void> {
  const settings = readSettings(consoleSettings, flags, env);
  const client = createKubeClient(kubernetesConnection(env, settings.kubeconfig));
  const running = await startConsole({
    host: settings.host,
    port: settings.port,
    mode: 'kubernetes',
    clusterName: settings.clusterName,
    client,
    databaseFile: settings.databaseFile,
    repository: {
      url: settings.repositoryUrl,
      jobUrl: settings.repositoryJobUrl ?? settings.repositoryUrl,
      namespace: settings.repositoryNamespace,
      username: settings.repositoryUser,
      password: settings.repositoryPassword,
    },
    webRoot,
    logger: createJsonLogger(settings.logLevel),
  });
  process.stdout.write(`Backstay is ready at ${running.url}\n`);
  await untilSignal();
  await running.stop();
  await client.close();
}
