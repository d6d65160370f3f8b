import fs from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

export interface HomeLock {
  /** Tells a start that is tried meanwhile to wait. */
  stopping(): void;
  release(): void;
}

/** Thrown when another living process works on the same home. */
export class HomeInUseError extends Error {
  constructor(home: string, pid: string) {
    const holder = pid === '' ? '' : ` (process ${pid})`;
    super(
      `Backstay is running on ${home} already${holder}. Stop it first, or start a second one on a home of its own: BACKSTAY_HOME=<folder>.`,
    );
    this.name = 'HomeInUseError';
  }
}

const stopMilliseconds = 30_000;
const retryMilliseconds = 100;

/**
 * Makes this process the only one that works on `home`. The lock is one that the operating system takes back when the process
 * ends, however it ends: what a dead process left behind never locks anybody out, and a living one is never robbed. A holder
 * that is stopping is waited for, up to 30 s.
 */
export async function lockHome(home: string): Promise<HomeLock> {
  const deadline = Date.now() + stopMilliseconds;
  for (;;) {
    try {
      return tryLockHome(home);
    } catch (error) {
      const patient = error instanceof HomeInUseError && readHolder(home).isStopping && Date.now() < deadline;
      if (!patient) throw error;
    }
    await sleep(retryMilliseconds);
  }
}

/** The same without waiting. */
export function tryLockHome(home: string): HomeLock {
  fs.mkdirSync(home, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(path.join(home, 'lock.db'));
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (error) {
    database.close();
    if (!(error instanceof Error) || !/locked|busy/i.test(error.message)) throw error;
    throw new HomeInUseError(home, readHolder(home).pid);
  }
  const holder = holderFile(home);
  fs.writeFileSync(holder, `${process.pid}\n`);
  return {
    stopping: () => fs.writeFileSync(holder, `${process.pid} stopping\n`),
    release: () => {
      fs.rmSync(holder, { force: true });
      database.close();
    },
  };
}

const holderFile = (home: string): string => path.join(home, 'backstay.pid');

function readHolder(home: string): { pid: string; isStopping: boolean } {
  const file = holderFile(home);
  const [pid = '', state] = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split(' ') : [];
  return { pid, isStopping: state === 'stopping' };
}
