import { constants } from 'node:os';
import { clientExitCodes } from '@backstay/shared/rules/client-exit-codes';
import { jobMessages, type LogLevel } from '@backstay/shared/rules/job-log';
import { Command, CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import type { CommandContext } from './commands/context.ts';
import { download } from './commands/download.ts';
import { make } from './commands/make.ts';
import { restore } from './commands/restore.ts';
import { Failure, Interrupted, messageOf } from './failure.ts';
import { createLogger, type Logger } from './log/logger.ts';
import { Operation } from './operation.ts';
import { addFlags, type CommandName } from './settings/flags.ts';
import { moveLeadingFlags } from './settings/leading-flags.ts';
import { type GivenSettings, resolveDownload, resolveMake, resolveRestore } from './settings/resolve-settings.ts';
import type { ClientSettings } from './settings/settings.ts';

/** Where SIGTERM and SIGINT come from: `process`, or an emitter in tests. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

export interface BackupMakerOptions {
  /** Without node and script. */
  readonly argv: readonly string[];
  /** As which program it was started; `bmg` is the procedure command under its older name. */
  readonly programName?: string;
  readonly workingDirectory?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly signals: SignalSource;
  /** Pause before the first retry of a broken connection; it doubles with each. Default 500. */
  readonly retryMilliseconds?: number;
  /** A connection that did not move for so long, while something was waited for, is replaced by another. Default 60000. */
  readonly stallMilliseconds?: number;
  /** Time between SIGTERM and SIGKILL for the command. Default 5000. */
  readonly graceMilliseconds?: number;
}

const commandNames = ['make', 'restore', 'download'] as const;

const descriptions: Record<CommandName, string> = {
  make: 'run a command and store what it writes as a new version, encrypted',
  restore: 'read a version, decrypt it and feed it to a command',
  download: 'read a version, decrypt it and save it to a file',
};

const exitCodeOf = (error: unknown): number => {
  if (error instanceof Interrupted) return 128 + (constants.signals[error.signal] ?? 0);
  return clientExitCodes[error instanceof Failure ? error.kind : 'internal'].code;
};

const logFailure = (logger: Logger, name: CommandName, error: unknown): void => {
  const details = error instanceof Failure ? error : undefined;
  logger.error(name === 'make' ? jobMessages.backupFailed : jobMessages.restoreFailed, {
    stage: details?.stage,
    exitCode: details?.exitCode,
    signal: details?.signal ?? (error instanceof Interrupted ? error.signal : undefined),
    reason: messageOf(error),
  });
  if (!details && error instanceof Error) logger.debug('Details', { stack: error.stack });
};

type Action = (context: CommandContext) => Promise<void>;

const prepare = (given: GivenSettings): { settings: ClientSettings; action: Action } => {
  if (given.command === 'make') {
    const settings = resolveMake(given);
    return { settings, action: (context) => make(settings, context) };
  }
  if (given.command === 'restore') {
    const settings = resolveRestore(given);
    return { settings, action: (context) => restore(settings, context) };
  }
  const settings = resolveDownload(given);
  return { settings, action: (context) => download(settings, context) };
};

const loggerFor = (options: BackupMakerOptions, settings?: ClientSettings): Logger =>
  createLogger({
    level: settings?.logLevel ?? ('info' satisfies LogLevel),
    format: settings?.json ? 'json' : 'logfmt',
    write: (line) => options.stderr.write(line),
    now: () => new Date(),
    secrets: settings ? [settings.token, settings.passphrase] : [],
  });

const interruptions: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** Signals abort the operation while it runs. */
const withOperation = async (
  settings: ClientSettings,
  options: BackupMakerOptions,
  work: (operation: Operation) => Promise<void>,
): Promise<void> => {
  const operation = new Operation(settings.timeout);
  const interrupt = (signal: NodeJS.Signals): void => operation.abort(new Interrupted(signal));
  for (const signal of interruptions) options.signals.on(signal, interrupt);
  try {
    await work(operation);
  } finally {
    for (const signal of interruptions) options.signals.off(signal, interrupt);
    operation.close();
  }
};

const execute = async (given: GivenSettings, options: BackupMakerOptions): Promise<number> => {
  let logger = loggerFor(options);
  try {
    const { settings, action } = prepare(given);
    logger = loggerFor(options, settings);
    await withOperation(settings, options, (operation) =>
      action({
        operation,
        logger,
        environment: options.env,
        output: { stdout: options.stdout, stderr: options.stderr },
        retryMilliseconds: options.retryMilliseconds ?? 500,
        stallMilliseconds: options.stallMilliseconds ?? 60_000,
        graceMilliseconds: options.graceMilliseconds ?? 5000,
      }),
    );
    return 0;
  } catch (error) {
    if (error instanceof Failure && error.kind === 'usage') {
      for (const problem of error.message.split('\n'))
        options.stderr.write(`backup-maker ${given.command}: ${problem}\n`);
    } else logFailure(logger, given.command, error);
    return exitCodeOf(error);
  }
};

const createProgram = (options: BackupMakerOptions, finish: (exitCode: number) => void): Command => {
  const program = new Command('backup-maker')
    .description('Makes and restores encrypted backups in a Backstay repository.')
    .version(manifest.version)
    // Only before the command: `restore --version v3` names a version of the backup.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => options.stdout.write(text),
      writeErr: (text) => options.stderr.write(text),
    })
    .exitOverride();
  for (const name of commandNames) {
    addFlags(program.command(name).description(descriptions[name]), name).action(async (values) => {
      finish(await execute({ command: name, values, environment: options.env }, options));
    });
  }
  program
    .command('version')
    .description('print the version')
    .action(() => void options.stdout.write(`${manifest.version}\n`));
  return program.action(() => program.outputHelp());
};

const inheritSettings = (parent: Command, command: Command): Command => {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inheritSettings(command, child);
  return command;
};

/** Loaded only when asked for: a backup does not wait for the generator of procedures. */
const loadProcedureCommand = async (options: BackupMakerOptions, parent: Command): Promise<Command> => {
  const { createProcedureCommand } = await import('@backstay/procedures');
  const command = createProcedureCommand({
    env: options.env,
    workingDirectory: options.workingDirectory ?? process.cwd(),
    print: (line) => options.stdout.write(`${line}\n`),
    ...(options.programName === 'bmg' ? { name: 'bmg' } : {}),
  });
  return inheritSettings(parent, command);
};

const chooseProgram = async (options: BackupMakerOptions, finish: (exitCode: number) => void): Promise<Command> => {
  const program = createProgram(options, finish);
  if (options.programName === 'bmg') return await loadProcedureCommand(options, program);
  if (options.argv[0] === 'procedure') return program.addCommand(await loadProcedureCommand(options, program));
  program.command('procedure').description('write scripts or Kubernetes manifests of a procedure');
  return program;
};

/**
 * Runs `backup-maker` (or `bmg`) in this process and resolves to its exit code, see `clientExitCodes`; it never rejects and
 * never exits.
 */
export const runBackupMaker = async (options: BackupMakerOptions): Promise<number> => {
  let exitCode = 0;
  try {
    const program = await chooseProgram(options, (code) => {
      exitCode = code;
    });
    await program.parseAsync([...moveLeadingFlags(options.argv, commandNames)], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return exitCodeOfParsing(error);
    options.stderr.write(`backup-maker: ${messageOf(error)}\n`);
    return clientExitCodes.internal.code;
  }
};

/** Commander has no code of its own for bad flags: it says 1, as commands do that failed. */
const exitCodeOfParsing = (error: CommanderError): number => {
  if (error.exitCode === 0 || error.code === 'commander.help') return 0;
  return error.code === 'commander.error' ? error.exitCode : clientExitCodes.usage.code;
};
