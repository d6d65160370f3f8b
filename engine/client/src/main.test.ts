import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TestRepository } from './testing/repository-servers.ts';

it('a backup goes on when nobody reads its log any more', async () => {
  await using server = await TestRepository.start('new');
  const folder = mkdtempSync(join(tmpdir(), 'unread-'));
  try {
    const gate = join(folder, 'gate');
    const command = `echo dump; until [ -e ${gate} ]; do sleep 0.05; done`;
    const client = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), 'make', '--cmd', command], {
      env: { PATH: process.env['PATH'], ...server.environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const exited = once(client, 'exit');
    await once(client.stderr, 'data');
    client.stderr.destroy();
    writeFileSync(gate, '');
    expect(await exited).toEqual([0, null]);
    expect(server.versions[0]?.bytes.toString()).toBe('dump\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
