import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogger, readable } from './logger.ts';

let home: string;
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'log-'));
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

it('writes lines that only the owner reads', () => {
  createLogger(home, 'info').info({ port: 1 }, 'started');
  const file = path.join(home, 'backstay.log');
  expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toMatchObject({ msg: 'started', port: 1 });
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
});

it('keeps a name from breaking a line, in the file and at the terminal', () => {
  const hostile = 'a\nError: forged\u001b[2J\u202ecba\u2028\u009b';
  createLogger(home, 'info').info({ name: hostile }, hostile);
  const line = fs.readFileSync(path.join(home, 'backstay.log'), 'utf8').trimEnd();
  expect(JSON.parse(line)).toMatchObject({ msg: hostile, name: hostile });
  const shown = readable(line.replace('"level":30', '"level":40')).trimEnd();
  for (const text of [line, shown]) expect(text).toMatch(/^[\x20-\x7e]+$/);
  expect(shown).toMatch(/^Warning: a\\u000aError: forged/);
});

it.skipIf(!fs.existsSync('/dev/full'))(
  'goes on when the disk is full, and keeps no more than a little of what waits',
  () => {
    fs.symlinkSync('/dev/full', path.join(home, 'backstay.log'));
    const logger = createLogger(home, 'info');
    const before = process.memoryUsage().heapUsed;
    const text = 'x'.repeat(1000);
    for (let line = 0; line < 20_000; line += 1) logger.info(text);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(15_000_000);
  },
);
