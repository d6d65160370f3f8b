import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestRepository } from '../testing/repository-servers.ts';

let server: TestRepository;
let folder: string;

beforeEach(async () => {
  server = await TestRepository.start('new');
  folder = mkdtempSync(join(tmpdir(), 'guard-'));
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

const start = (operation: 'make' | 'restore', command: string): ChildProcess =>
  spawn(process.execPath, [join(import.meta.dirname, '../main.ts'), operation, '--cmd', command], {
    env: { PATH: process.env['PATH'], ...server.environment, FOLDER: folder },
    stdio: 'ignore',
  });

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

it('a loader never takes the kill of the client for the end of its input', async () => {
  server.store(Buffer.alloc(3_000_000));
  server.intervene = (request, response) => {
    if (request.method !== 'GET') return false;
    response.writeHead(200, { 'Content-Length': '6000000' }).write(Buffer.alloc(3_000_000));
    return true;
  };
  const client = start('restore', 'echo $$ > "$FOLDER/pid"; cat > "$FOLDER/result"; touch "$FOLDER/eof"');
  const result = join(folder, 'result');
  await until(() => existsSync(result) && readFileSync(result).length > 1_000_000);
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
  client.kill('SIGKILL');
  await until(() => !isAlive(pid));
  expect(existsSync(join(folder, 'eof'))).toBe(false);
});

it('a dump does not outlive the client, and nothing is stored', async () => {
  const client = start('make', 'echo $$ > "$FOLDER/pid.part"; mv "$FOLDER/pid.part" "$FOLDER/pid"; sleep 60');
  await until(() => existsSync(join(folder, 'pid')));
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
  client.kill('SIGKILL');
  await until(() => !isAlive(pid));
  expect(server.versions).toEqual([]);
});
