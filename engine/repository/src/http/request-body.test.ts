import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { BrokenBodyError, createRequestBody, type RequestBody } from './request-body.ts';

interface Arrived {
  readonly request: IncomingMessage;
  readonly body: RequestBody;
  readonly client: Socket;
}

/** What `read` makes of a request of which the client has sent `bytes` of `length`, over a real socket. */
async function arrived<T>(
  { bytes, length }: { bytes: Uint8Array; length: number },
  read: (arrived: Arrived) => Promise<T>,
): Promise<T> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  try {
    const asked = once(server, 'request');
    client.write(`PATCH / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`);
    client.write(bytes);
    const [request, response] = (await asked) as [IncomingMessage, ServerResponse];
    request.on('error', () => undefined);
    const body = createRequestBody(request, response, { expectsContinue: false, smallBodyTime: 10_000 });
    while (request.readableLength < bytes.length) {
      await new Promise(setImmediate);
    }
    return await read({ request, body, client });
  } finally {
    client.destroy();
    server.closeAllConnections();
    server.close();
  }
}

const dies = async ({ request, client }: Arrived, how: 'destroy' | 'resetAndDestroy'): Promise<void> => {
  client[how]();
  await new Promise((resolve) => request.once('close', resolve));
};

/** All bytes that come, and how they end. */
const readAll = async (chunks: AsyncIterable<Uint8Array>): Promise<{ bytes: Buffer; end: unknown }> => {
  const parts: Uint8Array[] = [];
  try {
    for await (const chunk of chunks) {
      parts.push(chunk);
    }
    return { bytes: Buffer.concat(parts), end: 'clean' };
  } catch (error) {
    return { bytes: Buffer.concat(parts), end: error };
  }
};

const bytes = randomBytes(20_000);
const reason = new Error('stop');
const stopped = AbortSignal.abort(reason);

it.each(['destroy', 'resetAndDestroy'] as const)('gives what came before the connection died (%s)', async (how) => {
  await arrived({ bytes, length: bytes.length + 1 }, async (it) => {
    await dies(it, how);
    const { bytes: read, end } = await readAll(it.body.chunks());
    expect(read.equals(bytes)).toBe(true);
    expect(end).toBeInstanceOf(BrokenBodyError);
  });
});

it('gives it also to a reader that is told of the death, and then the reason', async () => {
  await arrived({ bytes, length: bytes.length + 1 }, async (it) => {
    await dies(it, 'destroy');
    const { bytes: read, end } = await readAll(it.body.chunks(stopped));
    expect(read.equals(bytes)).toBe(true);
    expect(end).toBe(reason);
  });
});

it('gives nothing more of a connection that lives once the reader has to stop', async () => {
  await arrived({ bytes, length: bytes.length + 1 }, async ({ body }) => {
    expect(await readAll(body.chunks(stopped))).toEqual({ bytes: Buffer.alloc(0), end: reason });
  });
});

it('has no clean end when the connection died, even if every byte came', async () => {
  await arrived({ bytes, length: bytes.length }, async (it) => {
    await dies(it, 'destroy');
    expect(it.request.complete).toBe(true);
    const { bytes: read, end } = await readAll(it.body.chunks());
    expect(read.equals(bytes)).toBe(true);
    expect(end).toBeInstanceOf(BrokenBodyError);
  });
});

it('ends cleanly where the request does', async () => {
  await arrived({ bytes, length: bytes.length }, async ({ body }) => {
    const { bytes: read, end } = await readAll(body.chunks());
    expect([read.equals(bytes), end]).toEqual([true, 'clean']);
  });
});
