import type { Command } from 'commander';
import type { SettingDefinition } from '../settings.ts';

/** Adds one option for each setting; the help names the environment variable beside it. */
export function addOptions(command: Command, definitions: Record<string, SettingDefinition>): Command {
  for (const { flag, env, help } of Object.values(definitions)) if (flag) command.option(flag, `${help} [${env}]`);
  return command;
}
