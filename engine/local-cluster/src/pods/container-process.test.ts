import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startProcess } from './container-process.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'backstay-process-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('starts where a killed program has left its pipes behind', async () => {
  const pipes = join(folder, 'pipes');
  mkdirSync(pipes);
  execFileSync('mkfifo', [join(pipes, 'stdout'), join(pipes, 'stderr')]);
  const outputs: Record<string, string> = {};
  const { ended } = await startProcess({
    command: ['/bin/sh', '-c', 'echo out; echo err >&2; exit 3'],
    workingDirectory: folder,
    environment: new Map([['PATH', process.env['PATH'] ?? '']]),
    pipes,
    onCreated: ({ pid }) => expect(pid).toBeGreaterThan(1),
    onOutput: async (stream, output: Readable) => {
      outputs[stream] = await text(output);
    },
  });
  expect(await ended).toEqual({ exitCode: 3 });
  expect(outputs).toEqual({ stdout: 'out\n', stderr: 'err\n' });
});
