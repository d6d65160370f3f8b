import { mkdtempSync, rmSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startProcess } from './container-process.ts';
import { PipeStock } from './pipe-stock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'backstay-process-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('gives way to the program that starts it, before it does anything', async () => {
  const outputs: Record<string, string> = {};
  let niceness = 0;
  const { ended } = await startProcess({
    command: ['/bin/sh', '-c', 'echo out; echo err >&2; exit 3'],
    workingDirectory: folder,
    environment: new Map([['PATH', process.env['PATH'] ?? '']]),
    pipes: new PipeStock(join(folder, 'pipes')),
    onCreated: async ({ pid }) => {
      niceness = getPriority(pid);
    },
    onOutput: async (stream, output: Readable) => {
      outputs[stream] = await text(output);
    },
  });
  expect(await ended).toEqual({ exitCode: 3 });
  expect(outputs).toEqual({ stdout: 'out\n', stderr: 'err\n' });
  expect(niceness).toBe(Math.min(getPriority() + 5, 19));
});
