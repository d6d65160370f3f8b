import { Command, CommanderError } from 'commander';
import { addConsoleCommand } from './commands/console.ts';
import { addControllerCommand } from './commands/controller.ts';
import { addRepositoryCommand } from './commands/repository.ts';
import { addSignInCommand } from './commands/sign-in.ts';
import { addStartCommand } from './commands/start.ts';
import { SettingsError } from './settings.ts';
import { version } from './version.ts';

/** Runs one command of `backstay`. Resolves with the exit code: 0 done, 1 failed, 2 bad usage or settings. */
export async function runCli(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const program = new Command('backstay')
    .description('A backup console for Kubernetes and for single machines')
    .version(version)
    .exitOverride();
  addStartCommand(program, env);
  for (const add of [addSignInCommand, addConsoleCommand, addControllerCommand, addRepositoryCommand])
    add(program, env);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    return explain(error);
  }
}

function explain(error: unknown): number {
  // commander has printed its own message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof SettingsError ? 2 : 1;
}
