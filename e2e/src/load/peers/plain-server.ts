import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { LightRepository } from './light-repository.ts';

/*
 * The least that a storage server can do, as a process of its own: PUT writes the body to a file with SHA-256 and syncs it, GET
 * sends the file with SHA-256. PUT /discard only reads. It also is a LightRepository. Argument: the file. The first line on
 * standard output is its URL.
 */
const [file = ''] = process.argv.slice(2);

async function receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256');
  const handle = await open(file, 'w');
  for await (const chunk of incoming) {
    hash.update(chunk);
    await handle.write(chunk);
  }
  await handle.sync();
  await handle.close();
  response.end(hash.digest('hex'));
}

async function send(response: ServerResponse): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    hash.update(chunk);
    if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve));
  }
  response.end();
}

const repository = new LightRepository(file);

const server = createServer(async (incoming, response) => {
  if (await repository.handle(incoming, response)) return;
  if (incoming.method === 'GET') return await send(response);
  if (incoming.url !== '/discard') return await receive(incoming, response);
  incoming.resume().on('end', () => response.end());
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
