import fs from 'node:fs';
import { newSignInCode } from '@backstay/bff';
import type { Command } from 'commander';
import { type Endpoints, homeLayout } from '../home-layout.ts';
import { HomeInUseError, tryLockHome } from '../home-lock.ts';
import { readSettings, startSettings } from '../settings.ts';
import { addOptions } from './options.ts';

const signInSettings = { home: startSettings.home };

export function addSignInCommand(program: Command, env: NodeJS.ProcessEnv): void {
  const command = program.command('sign-in').description('print a new one-time sign-in link of the running Backstay');
  addOptions(command, signInSettings).action((flags: Record<string, unknown>) => signIn(flags, env));
}

async function signIn(flags: Record<string, unknown>, env: NodeJS.ProcessEnv): Promise<void> {
  const { home } = readSettings(signInSettings, flags, env);
  const { endpoints, consoleDatabase } = homeLayout(home);
  if (!fs.existsSync(endpoints) || !isRunning(home))
    throw new Error(`Backstay is not running on ${home}. Start it with: npm start`);
  const { console } = JSON.parse(fs.readFileSync(endpoints, 'utf8')) as Endpoints;
  process.stdout.write(`${console}/sign-in#${await newSignInCode(consoleDatabase)}\n`);
}

function isRunning(home: string): boolean {
  try {
    tryLockHome(home).release();
    return false;
  } catch (error) {
    if (error instanceof HomeInUseError) return true;
    throw error;
  }
}
