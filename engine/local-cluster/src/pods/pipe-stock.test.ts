import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Pipe, PipeStock } from './pipe-stock.ts';

let folder: string;
let pipes: string;
let stock: PipeStock;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'backstay-pipes-'));
  pipes = join(folder, 'pipes');
  stock = new PipeStock(pipes);
});
afterEach(() => {
  stock.close();
  rmSync(folder, { recursive: true });
});

const through = async ({ end, output }: Pipe, words: string): Promise<string> => {
  writeSync(end, words);
  closeSync(end);
  return text(output);
};

it('gives each its own, also to many at once', async () => {
  const taken = await Promise.all(Array.from({ length: 40 }, () => stock.take()));
  const words = taken.map((_, index) => `words ${index}`);
  expect(await Promise.all(taken.map((pipe, index) => through(pipe, words[index] ?? '')))).toEqual(words);
});

it('starts where a killed program has left its pipes behind', async () => {
  mkdirSync(pipes);
  execFileSync('mkfifo', [join(pipes, '0'), join(pipes, '1')]);
  expect(await through(await stock.take(), 'words')).toBe('words');
});

it('goes on when somebody clears its folder', async () => {
  expect(await through(await stock.take(), 'first')).toBe('first');
  rmSync(pipes, { recursive: true });
  await expect(stock.take()).rejects.toThrow(/ENOENT/);
  expect(await through(await stock.take(), 'again')).toBe('again');
});

it('leaves nothing behind', async () => {
  expect(await through(await stock.take(), 'words')).toBe('words');
  stock.close();
  expect(existsSync(pipes)).toBe(false);
});
