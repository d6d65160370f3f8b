import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below what any system gives to outgoing connections (Linux from 32768, others from 49152): such a port could be taken by one
 * between this look and the start of the server, or while a server that is started again is down.
 */
const range = { from: 20_000, to: 30_000 } as const;
const tries = 100;
const given = new Set<number>();

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
};

/** A port of the loopback for a server that a test starts. This process gives none twice. */
export const freePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const port = randomInt(range.from, range.to);
    if (given.has(port) || !(await isFree(port))) {
      continue;
    }
    given.add(port);
    return port;
  }
  throw new Error(`No free port from ${range.from} to ${range.to}`);
};
