import { Command } from 'commander';
import { addConsoleCommand } from './commands/console.ts';
import { addConsoleUserCommand } from './commands/console-user.ts';
import { addControllerCommand } from './commands/controller.ts';
import { addRepositoryCommand } from './commands/repository.ts';
import { addSignInCommand } from './commands/sign-in.ts';
import { addStartCommand } from './commands/start.ts';
import { addVersionCommand } from './commands/version.ts';
import { explainError } from './explain-error.ts';
import { version } from './version.ts';

/** Runs one command of `backstay`. Resolves with the exit code: 0 done, 1 failed, 2 bad usage or settings. */
export async function runCli(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const program = new Command('backstay')
    .description('A backup console for Kubernetes and for single machines')
    .version(version)
    .exitOverride();
  addStartCommand(program, env);
  for (const add of [
    addSignInCommand,
    addConsoleCommand,
    addConsoleUserCommand,
    addControllerCommand,
    addRepositoryCommand,
  ])
    add(program, env);
  addVersionCommand(program);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    const { exitCode, message } = explainError(error);
    if (message !== undefined) process.stderr.write(`${message}\n`);
    return exitCode;
  }
}
