import { createKubeClient } from '@backstay/kubernetes';
import { runRepositoryCommand } from '@backstay/repository';
import type { Command } from 'commander';
import { kubernetesConnection } from '../kubernetes-connection.ts';
import { leanMemory } from '../lean-memory.ts';
import { untilSignal } from '../until-signal.ts';

/** The storage server alone. Its flags and variables are its own, so that it can stand in for its predecessor. */
export function addRepositoryCommand(program: Command, env: NodeJS.ProcessEnv): void {
  program
    .command('repository')
    .description('run the storage server; --help lists its own flags and variables')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .action((_options: unknown, command: Command) => repository(command.args, env));
}

async function repository(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { running, exitCode } = await runRepositoryCommand({
    argv,
    env,
    stdout: process.stdout,
    stderr: process.stderr,
    createKubernetesClient: () => createKubeClient(kubernetesConnection(env)),
  });
  if (!running) {
    process.exitCode = exitCode;
    return;
  }
  leanMemory();
  await untilSignal();
  await running.stop();
}
