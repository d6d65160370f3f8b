import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HomeInUseError, lockHome } from './home-lock.ts';

let home: string;
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'backstay-lock-'));
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

/** Another process that holds the lock until it is killed. */
async function holder() {
  const module = JSON.stringify(path.join(import.meta.dirname, 'home-lock.ts'));
  const code = `const { lockHome } = await import(${module}); lockHome(${JSON.stringify(home)}); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

describe('lockHome', () => {
  it('refuses a second process and names the first', async () => {
    const child = await holder();
    expect(() => lockHome(home)).toThrowError(HomeInUseError);
    expect(() => lockHome(home)).toThrowError(new RegExp(`process ${child.pid}`));
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('takes over what a killed process left behind', async () => {
    const child = await holder();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = lockHome(home);
    expect(fs.readFileSync(path.join(home, 'backstay.pid'), 'utf8').trim()).toBe(String(process.pid));
    lock.release();
  });

  it('can be taken again after it was released', () => {
    lockHome(home).release();
    lockHome(home).release();
    expect(fs.existsSync(path.join(home, 'backstay.pid'))).toBe(false);
  });
});
