import path from 'node:path';
import type { Operation } from '@backstay/shared';
import { Command } from 'commander';
import { ProcedureError } from '../procedure-error.ts';
import { type ProcedureFlags, runProcedure } from './run-procedure.ts';

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
 * The command that writes backup and restore scripts or manifests: `procedure backup|restore`. What is wrong goes through
 * `Command.error`, so the exit code is 1 and the text is for people.
 */
export const createProcedureCommand = (options: ProcedureCommandOptions): Command => {
  const command = new Command(options.name ?? 'procedure').description(
    'write scripts or Kubernetes manifests of a procedure',
  );
  for (const operation of ['backup', 'restore'] as const) command.addCommand(operationCommand(operation, options));
  return command;
};

const operationCommand = (operation: Operation, options: ProcedureCommandOptions): Command => {
  const command = new Command(operation)
    .description(`write the ${operation} of a procedure`)
    .option('-t, --template <name>', 'template: postgresql, files, an older name such as pg15, or one of your own', '')
    .option('-d, --definition <file>', 'YAML with Params, Repository and HelmValues', './rkc-backup.yaml')
    .option('-k, --kubernetes', 'write manifests instead of a script', false)
    .option('-g, --gpg-key-path <file>', 'OpenPGP key, or a SealedSecret that holds it as gpg-key', 'gpg-key')
    .option('-o, --output-dir <folder>', 'existing folder to write to', './')
    .option('--k8s-name <name>', 'name of the resources', 'my-backup-job')
    .option('--k8s-image <image>', 'main image; empty: the one of the template', '')
    .option('-n, --k8s-namespace <namespace>', 'namespace that a SealedSecret must be for', '');
  if (operation === 'backup') command.option('--k8s-job-schedule <cron>', 'when the CronJob runs', '16 1 * * *');
  return command.action((flags: ProcedureFlags) => {
    try {
      const files = runProcedure(operation, flags, {
        home: options.env['BM_HOME'] || path.join(options.env['HOME'] ?? options.workingDirectory, '.bm'),
        workingDirectory: options.workingDirectory,
      });
      for (const file of files) options.print(`Written: ${file}`);
    } catch (error) {
      if (error instanceof ProcedureError) command.error(`Error: ${error.message}`, { exitCode: 1 });
      throw error;
    }
  });
};
