import type { Command } from 'commander';
import type { BuiltParts } from '../built-parts.ts';
import { lockHome } from '../home-lock.ts';
import { startLocal } from '../local/start-local.ts';
import { createLogger } from '../logger.ts';
import { readSettings, startSettings } from '../settings.ts';
import { untilSignal } from '../until-signal.ts';
import { addOptions } from './options.ts';

export function addStartCommand(program: Command, env: NodeJS.ProcessEnv, parts: BuiltParts): void {
  const command = program.command('start').description('run everything on this machine');
  addOptions(command, startSettings).action((flags: Record<string, unknown>) => start({ flags, env, parts }));
}

interface Asked {
  readonly flags: Record<string, unknown>;
  readonly env: NodeJS.ProcessEnv;
  readonly parts: BuiltParts;
}

async function start({ flags, env, parts }: Asked): Promise<void> {
  const settings = readSettings(startSettings, flags, env);
  const lock = await lockHome(settings.home);
  try {
    const stopAsked = untilSignal();
    const logger = createLogger(settings.home, settings.logLevel);
    const backstay = await startLocal({ settings, ...parts, logger });
    process.stdout.write(`Sign in with this link (it works once): ${backstay.signInLink}\n`);
    process.stdout.write(`Backstay is ready at ${backstay.url}\n`);
    const signal = await stopAsked;
    lock.stopping();
    logger.info({ signal }, 'stopping');
    await backstay.stop();
  } finally {
    lock.release();
  }
}
