import type { Logger } from '../log/logger.ts';
import type { Operation } from '../operation.ts';
import type { CommandOutput } from '../process/shell-command.ts';
import type { RepositoryAccess } from '../repository/access.ts';
import type { ClientSettings } from '../settings/settings.ts';

/** What a command works with besides its settings. */
export interface CommandContext {
  readonly operation: Operation;
  readonly logger: Logger;
  readonly environment: NodeJS.ProcessEnv;
  readonly output: CommandOutput;
  readonly retryMilliseconds: number;
  readonly stallMilliseconds: number;
  readonly graceMilliseconds: number;
}

export const accessOf = (settings: ClientSettings, context: CommandContext): RepositoryAccess => ({
  url: settings.url,
  collection: settings.collection,
  token: settings.token,
  environment: context.environment,
  operation: context.operation,
  retryMilliseconds: context.retryMilliseconds,
  stallMilliseconds: context.stallMilliseconds,
});
