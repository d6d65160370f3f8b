import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

/** Reads a secret of the home, or makes it once and durably. Mode 0600: what is kept here is for this user alone. */
export function keptSecret(file: string): string {
  if (fs.existsSync(file)) return fs.readFileSync(file, 'utf8').trim();
  const secret = randomBytes(32).toString('base64url');
  writeDurably(file, `${secret}\n`);
  return secret;
}

/** Replaces a file so that after a crash either the old or the new content stands. */
export function writeDurably(file: string, text: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = fs.openSync(temporary, 'w', 0o600);
  fs.writeSync(handle, text);
  fs.fsyncSync(handle);
  fs.closeSync(handle);
  fs.renameSync(temporary, file);
}

/**
 * The port of a server whose address stands in resources that outlive this process: chosen once, then kept.
 * A port that was asked for wins and is kept from then on.
 */
export async function keptPort(
  file: string,
  options: { host: string; asked?: number; preferred: number },
): Promise<number> {
  if (options.asked) {
    writeDurably(file, `${options.asked}\n`);
    return options.asked;
  }
  if (fs.existsSync(file)) return Number(fs.readFileSync(file, 'utf8'));
  const port = (await freePort(options.host, options.preferred)) ?? (await freePort(options.host, 0));
  if (port === undefined) throw new Error(`No free port on ${options.host}.`);
  writeDurably(file, `${port}\n`);
  return port;
}

function freePort(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}
