import fs from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface HomeLock {
  release(): void;
}

/** Thrown when another living process works on the same home. */
export class HomeInUseError extends Error {
  constructor(home: string, holder: string) {
    super(
      `Backstay is running on ${home} already${holder}. Stop it first, or start a second one on a home of its own: BACKSTAY_HOME=<folder>.`,
    );
    this.name = 'HomeInUseError';
  }
}

/**
 * Makes this process the only one that works on `home`. The lock is one that the operating system takes back when the process
 * ends, however it ends: what a dead process left behind never locks anybody out, and a living one is never robbed.
 */
export function lockHome(home: string): HomeLock {
  fs.mkdirSync(home, { recursive: true, mode: 0o700 });
  const holder = path.join(home, 'backstay.pid');
  const database = new DatabaseSync(path.join(home, 'lock.db'));
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (error) {
    database.close();
    if (!(error instanceof Error) || !/locked|busy/i.test(error.message)) throw error;
    throw new HomeInUseError(home, describe(holder));
  }
  fs.writeFileSync(holder, `${process.pid}\n`);
  return {
    release: () => {
      fs.rmSync(holder, { force: true });
      database.close();
    },
  };
}

function describe(holder: string): string {
  const pid = fs.existsSync(holder) ? fs.readFileSync(holder, 'utf8').trim() : '';
  return pid === '' ? '' : ` (process ${pid})`;
}
