import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogger } from './logger.ts';

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
