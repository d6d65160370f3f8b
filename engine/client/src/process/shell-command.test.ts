import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { ShellCommand } from './shell-command.ts';

/** Takes its time for each piece. */
class SlowOutput extends Writable {
  bytes = 0;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.bytes += chunk.length;
    setTimeout(done, 10);
  }
}

const start = (command: string, stdout: Writable): ShellCommand =>
  new ShellCommand({
    command,
    stage: 'load',
    environment: { PATH: process.env['PATH'] },
    output: { stdout, stderr: new SlowOutput() },
    graceMilliseconds: 500,
  });

it('has passed on all that the command wrote when it is over', async () => {
  const stdout = new SlowOutput();
  const command = start('head -c 2000000 /dev/zero', stdout);
  await command.succeeded();
  await command.kill();
  expect(stdout.bytes).toBe(2_000_000);
});

it('does not wait for what something else might still write', async () => {
  const stdout = new SlowOutput();
  // In a session of its own, so out of reach.
  const command = start('setsid sleep 5 & echo out', stdout);
  await command.succeeded();
  await command.kill();
  expect(stdout.bytes).toBe(4);
});
