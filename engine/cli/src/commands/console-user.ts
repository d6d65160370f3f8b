import { createKubeClient } from '@backstay/kubernetes';
import type { Command } from 'commander';
import { kubernetesConnection } from '../kubernetes-connection.ts';
import { applyConsoleUser } from '../local/apply-console-user.ts';
import { readSettings } from '../settings.ts';
import { consoleSettings } from './console.ts';
import { addOptions } from './options.ts';

const { kubeconfig, repositoryNamespace, repositoryUser, repositoryPassword } = consoleSettings;
const settingsOfUser = { kubeconfig, repositoryNamespace, repositoryUser, repositoryPassword };

export function addConsoleUserCommand(program: Command, env: NodeJS.ProcessEnv): void {
  const command = program
    .command('console-user')
    .description('make the BackupUser of the console, with the password in BACKSTAY_REPOSITORY_PASSWORD');
  addOptions(command, settingsOfUser).action((flags: Record<string, unknown>) => consoleUser(flags, env));
}

async function consoleUser(flags: Record<string, unknown>, env: NodeJS.ProcessEnv): Promise<void> {
  const settings = readSettings(settingsOfUser, flags, env);
  const client = createKubeClient(kubernetesConnection(env, settings.kubeconfig));
  try {
    const { repositoryNamespace: namespace, repositoryUser: name, repositoryPassword: password } = settings;
    await applyConsoleUser(client, { namespace, name, password });
    process.stdout.write(`BackupUser ${namespace}/${name} is ready\n`);
  } finally {
    await client.close();
  }
}
