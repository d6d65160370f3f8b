import { Command } from 'commander';
import { type BuiltParts, builtParts } from './built-parts.ts';
import { explainError } from './explain-error.ts';
import { version } from './version.ts';

type AddCommand = (program: Command, env: NodeJS.ProcessEnv, parts: BuiltParts) => void;

/** Read when they are needed: a controller alone has no use for the code of the repository. */
const commands: Record<string, () => Promise<AddCommand>> = {
  start: async () => (await import('./commands/start.ts')).addStartCommand,
  'sign-in': async () => (await import('./commands/sign-in.ts')).addSignInCommand,
  console: async () => (await import('./commands/console.ts')).addConsoleCommand,
  'console-user': async () => (await import('./commands/console-user.ts')).addConsoleUserCommand,
  controller: async () => (await import('./commands/controller.ts')).addControllerCommand,
  repository: async () => (await import('./commands/repository.ts')).addRepositoryCommand,
  version: async () => (await import('./commands/version.ts')).addVersionCommand,
};

/** The command that is asked for; all of them for help, and to say which there are. */
async function addCommands(program: Command, [asked = '']: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const one = Object.hasOwn(commands, asked) ? commands[asked] : undefined;
  for (const load of one === undefined ? Object.values(commands) : [one]) (await load())(program, env, builtParts);
}

/** Runs one command of `backstay`. Resolves with the exit code: 0 done, 1 failed, 2 bad usage or settings. */
export async function runCli(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const program = new Command('backstay')
    .description('A backup console for Kubernetes and for single machines')
    .version(version)
    .exitOverride();
  await addCommands(program, argv, env);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    const { exitCode, message } = explainError(error);
    if (message !== undefined) process.stderr.write(`${message}\n`);
    return exitCode;
  }
}
