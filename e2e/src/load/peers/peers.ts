import { spawn } from 'node:child_process';
import { createCipheriv, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { mebibyte } from '../options.ts';

export interface PlainServer {
  readonly url: string;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startPlainServer(file: string): Promise<PlainServer> {
  const script = path.join(import.meta.dirname, 'plain-server.ts');
  const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** A pipe of the shell; rejects unless every command in it ends well. */
export async function pipe(command: string): Promise<void> {
  const child = spawn('/bin/bash', ['-e', '-o', 'pipefail', '-c', command], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`${command}: ${errors}`);
}

/** What AES-256-CFB alone does with so many MiB on one core. */
export async function cipherAlone(mib: number): Promise<void> {
  const cipher = createCipheriv('aes-256-cfb', randomBytes(32), randomBytes(16));
  const block = randomBytes(mebibyte);
  for (let done = 0; done < mib; done += 1) cipher.update(block);
  cipher.final();
}
