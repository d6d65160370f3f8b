import { once } from 'node:events';
import net from 'node:net';
import { CommanderError } from 'commander';
import { expect, it } from 'vitest';
import { explainError } from './explain-error.ts';
import { SettingsError } from './settings.ts';

it('says how to choose another port when one is taken', async () => {
  const first = net.createServer().listen(0, '127.0.0.1');
  await once(first, 'listening');
  const { port } = first.address() as net.AddressInfo;
  const second = net.createServer().listen(port, '127.0.0.1');
  const [error] = await once(second, 'error');
  first.close();
  expect(explainError(error)).toMatchObject({
    exitCode: 1,
    message: expect.stringContaining(`Port ${port} of 127.0.0.1`),
  });
  expect(explainError(error).message).toContain('BACKSTAY_PORT');
});

it('ends with 2 for bad settings and bad usage, with 0 for help, with 1 otherwise', () => {
  expect(explainError(new SettingsError(['BACKSTAY_PORT: no']))).toMatchObject({ exitCode: 2 });
  expect(explainError(new CommanderError(1, 'commander.unknownOption', 'unknown'))).toEqual({ exitCode: 2 });
  expect(explainError(new CommanderError(0, 'commander.helpDisplayed', 'help'))).toEqual({ exitCode: 0 });
  expect(explainError(new Error('no'))).toEqual({ exitCode: 1, message: 'no' });
});
