import path from 'node:path';
import type { Operation } from '@backstay/shared';
import { Command, Option } from 'commander';
import { ProcedureError } from '../procedure-error.ts';
import { type CheckFlags, checkProcedure } from './check-procedure.ts';
import { type ProcedureFlags, runProcedure } from './run-procedure.ts';
import type { TemplateFolders } from './template-store.ts';

export interface ProcedureCommandOptions {
  /** `procedure` below backup-maker (default), or `bmg` as a program of its own. */
  readonly name?: string;
  /** BM_HOME and HOME are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** Takes one line for each file that was written. */
  readonly print: (line: string) => void;
}

/**
 * The command that writes backup and restore scripts or manifests: `procedure backup|restore`; `procedure check` runs the check
 * script. What is wrong goes through `Command.error`, so the text is for people and the exit code is 1, or 3 when a check found something.
 */
export const createProcedureCommand = (options: ProcedureCommandOptions): Command => {
  const command = new Command(options.name ?? 'procedure').description(
    'write scripts or Kubernetes manifests of a procedure',
  );
  for (const operation of ['backup', 'restore'] as const) command.addCommand(operationCommand(operation, options));
  return command.addCommand(checkCommand(options));
};

const foldersOf = ({ env, workingDirectory }: ProcedureCommandOptions): TemplateFolders => ({
  home: env['BM_HOME'] || path.join(env['HOME'] ?? workingDirectory, '.bm'),
  workingDirectory,
});

/** Makes an end of the program of what is wrong. */
const guarded = (command: Command, action: () => void): void => {
  try {
    action();
  } catch (error) {
    if (error instanceof ProcedureError) command.error(`Error: ${error.message}`, { exitCode: 1 });
    throw error;
  }
};

const templateHelp = 'template: postgresql, files, an older name such as pg15, or one of your own';

const checkCommand = (options: ProcedureCommandOptions): Command => {
  const command = new Command('check')
    .description('find out whether a procedure would reach its target and may read or replace it; changes nothing')
    .option('-t, --template <name>', templateHelp, '')
    .option('-d, --definition <file>', 'YAML with Params, Repository and HelmValues', './rkc-backup.yaml')
    .addOption(
      new Option('--operation <name>', 'what is to be checked').choices(['backup', 'restore']).default('backup'),
    );
  return command.action((flags: CheckFlags) =>
    guarded(command, () => {
      const problems = checkProcedure(flags, foldersOf(options), options.env);
      for (const { parameter, message } of problems) options.print(`Params.${parameter}: ${message}`);
      if (problems.length > 0) command.error('Error: the procedure would fail (see above).', { exitCode: 3 });
      options.print(`The ${flags.operation} has what it needs.`);
    }),
  );
};

const operationCommand = (operation: Operation, options: ProcedureCommandOptions): Command => {
  const command = new Command(operation)
    .description(`write the ${operation} of a procedure`)
    .option('-t, --template <name>', templateHelp, '')
    .option('-d, --definition <file>', 'YAML with Params, Repository and HelmValues', './rkc-backup.yaml')
    .option('-k, --kubernetes', 'write manifests instead of a script', false)
    .option('-g, --gpg-key-path <file>', 'OpenPGP key, or a SealedSecret that holds it as gpg-key', 'gpg-key')
    .option('-o, --output-dir <folder>', 'existing folder to write to', './')
    .option('--k8s-name <name>', 'name of the resources', 'my-backup-job')
    .option('--k8s-image <image>', 'main image; empty: the one of the template', '')
    .option('-n, --k8s-namespace <namespace>', 'namespace that a SealedSecret must be for', '');
  if (operation === 'backup') command.option('--k8s-job-schedule <cron>', 'when the CronJob runs', '16 1 * * *');
  return command.action((flags: ProcedureFlags) =>
    guarded(command, () => {
      for (const file of runProcedure(operation, flags, foldersOf(options))) options.print(`Written: ${file}`);
    }),
  );
};
