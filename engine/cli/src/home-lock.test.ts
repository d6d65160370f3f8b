import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HomeInUseError, lockHome, tryLockHome } from './home-lock.ts';

let home: string;
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'backstay-lock-'));
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

/** Another process that holds the lock until it is killed. */
async function holder() {
  const module = JSON.stringify(path.join(import.meta.dirname, 'home-lock.ts'));
  const code = `const { tryLockHome } = await import(${module}); const lock = tryLockHome(${JSON.stringify(home)}); process.on('SIGUSR2', () => { lock.stopping(); console.log('stopping'); }); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

describe('lockHome', () => {
  it('refuses a second process and names the first', async () => {
    const child = await holder();
    await expect(lockHome(home)).rejects.toThrowError(HomeInUseError);
    await expect(lockHome(home)).rejects.toThrowError(new RegExp(`process ${child.pid}`));
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('takes over what a killed process left behind', async () => {
    const child = await holder();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = tryLockHome(home);
    expect(fs.readFileSync(path.join(home, 'backstay.pid'), 'utf8').trim()).toBe(String(process.pid));
    lock.release();
  });

  it('waits for one that is stopping', async () => {
    const child = await holder();
    child.kill('SIGUSR2');
    await once(child.stdout, 'data');
    const waiting = lockHome(home);
    child.kill('SIGKILL');
    (await waiting).release();
  });

  it('can be taken again after it was released', () => {
    tryLockHome(home).release();
    tryLockHome(home).release();
    expect(fs.existsSync(path.join(home, 'backstay.pid'))).toBe(false);
  });
});
