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

/** How much of what it wrote had been passed on when the command was over. */
const passedOn = async (script: string): Promise<number> => {
  const stdout = new SlowOutput();
  const command = new ShellCommand({
    command: script,
    stage: 'load',
    environment: { PATH: process.env['PATH'] },
    output: { stdout, stderr: new SlowOutput() },
    graceMilliseconds: 500,
  });
  await command.succeeded();
  await command.kill();
  return stdout.bytes;
};

it('has passed on all that the command wrote when it is over', async () => {
  expect(await passedOn('head -c 2000000 /dev/zero')).toBe(2_000_000);
});

it('does not wait for what something else might still write', async () => {
  // In a session of its own, so out of reach.
  expect(await passedOn('setsid sleep 5 & echo out')).toBe(4);
});
