import { jobMessages } from '@backstay/shared/rules/job-log';
import { asFailure } from '../failure.ts';
import { Progress } from '../log/progress.ts';
import { emptyBuffer, prepend } from '../openpgp/bytes.ts';
import { LoaderInput } from '../process/loader-input.ts';
import { ShellCommand } from '../process/shell-command.ts';
import type { Download } from '../repository/download.ts';
import type { RestoreSettings } from '../settings/settings.ts';
import type { CommandContext } from './context.ts';
import { openVersion } from './open-version.ts';

interface Loading {
  readonly data: AsyncIterable<Buffer>;
  readonly download: Download;
  readonly command: ShellCommand;
}

const load = async ({ data, download, command }: Loading, context: CommandContext): Promise<number> => {
  const { logger, operation } = context;
  const input = new LoaderInput(command, operation);
  const progress = new Progress(logger, { share: () => download.share() });
  for await (const piece of progress.count(data)) await input.write(piece);
  await input.end();
  progress.finish();
  return progress.bytes;
};

/**
 * Downloads, verifies, decrypts and loads a version. The command starts after the first good bytes; after any error its process
 * group is dead before its input is closed. Throws a Failure or Interrupted when any stage did not end well.
 */
export const restore = async (settings: RestoreSettings, context: CommandContext): Promise<void> => {
  const { logger, operation, environment, output, graceMilliseconds } = context;
  const { collection, version } = settings;
  logger.info(jobMessages.restoreStarted, { collection, version });
  let command: ShellCommand | undefined;
  try {
    const { data, download } = await openVersion(settings, context);
    const first = await operation.guard(data.next());
    command = new ShellCommand({ command: settings.command, stage: 'load', environment, output, graceMilliseconds });
    logger.info(jobMessages.commandStarted);
    const whole = first.done ? data : prepend(first.value ?? emptyBuffer, data);
    const bytes = await load({ data: whole, download, command }, context);
    await command.kill();
    logger.info(jobMessages.restored, { collection, version: download.version ?? version, bytes });
  } catch (error) {
    const cause = asFailure(operation.causeOf(error), 'loadFailed', 'load');
    await command?.kill();
    command?.stdin.destroy();
    throw cause;
  }
};
