import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ProcessOptions, startProcess } from './container-process.ts';
import { PipeStock } from './pipe-stock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'backstay-process-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const outputs: Record<string, string> = {};
const options = (script: string, onCreated: ProcessOptions['onCreated']): ProcessOptions => ({
  command: ['/bin/sh', '-c', script],
  workingDirectory: folder,
  environment: new Map([['PATH', process.env['PATH'] ?? '']]),
  pipes: new PipeStock(join(folder, 'pipes')),
  onCreated,
  onOutput: async (stream, output: Readable) => {
    outputs[stream] = await text(output);
  },
});

it('gives way to the program that starts it, before it does anything', async () => {
  let niceness = 0;
  const { ended } = await startProcess(
    options('echo out; echo err >&2; exit 3', async ({ pid }) => {
      niceness = getPriority(pid);
    }),
  );
  expect(await ended).toEqual({ exitCode: 3 });
  expect(outputs).toEqual({ stdout: 'out\n', stderr: 'err\n' });
  expect(niceness).toBe(Math.min(getPriority() + 5, 19));
});

it('never works when it cannot be made known', async () => {
  const refused = startProcess(options('touch worked', () => Promise.reject(new Error('disk'))));
  await expect(refused).rejects.toThrow('disk');
  expect(readdirSync(folder)).not.toContain('worked');
});

it('never works when it is killed before it is known', async () => {
  const known = Promise.withResolvers<void>();
  const created = Promise.withResolvers<number>();
  const starting = startProcess(
    options('touch worked', ({ pid }) => {
      created.resolve(pid);
      return known.promise;
    }),
  );
  process.kill(await created.promise, 'SIGKILL');
  known.resolve();
  const { ended } = await starting;
  expect(await ended).toEqual({ exitCode: 137, signal: 9 });
  expect(readdirSync(folder)).not.toContain('worked');
});
